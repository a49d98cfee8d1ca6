// Long-polling: payloads of queued frames, and the answers to GETs.

#include "engine/polling_transport.hpp"

#include <vector>

#include "wire/jsonp.hpp"

namespace cosio::inline v0_2::engine {

void poll_request::answer(unsigned status, std::string body, bool binary, bool compress) {
  if (status_ != 0) return;
  status_ = status;
  body_ = std::move(body);
  binary_ = binary;
  compress_ = compress;
  on_answer();
}

void poll_request::refuse(refused why) {
  if (status_ != 0) return;
  refusal_ = std::move(why);
  answer(400, {});
}

// A script carries text only, whether or not the client asked for that with b64.
polling_transport::polling_transport(wire::revision rev, bool base64, std::optional<std::string_view> jsonp)
    : revision_(rev), base64_(base64 || jsonp) {
  if (jsonp) jsonp_ = wire::jsonp_index(*jsonp);
}

std::string polling_transport::as_body(std::string packets) const {
  return jsonp_ ? wire::write_jsonp(*jsonp_, packets) : std::move(packets);
}

polling_transport::payload polling_transport::take_payload(outbox& from, std::size_t max_bytes) const {
  // Frames are measured in the text form, which is the longer one.
  const wire::payload_writer measure(revision_, false);
  std::vector<shared_frame> frames;
  payload out;
  std::size_t body_bytes = 0;
  while (!from.empty()) {
    if (from.front()->what() != frame::kind::raw) {
      const std::size_t more = measure.size_of(from.front()->packet()) + 1;
      if (!frames.empty() && body_bytes + more > max_bytes) break;
      body_bytes += more;
    }
    shared_frame f = from.take_front();
    out.bytes += f->size();
    ++out.frames;
    if (f->what() == frame::kind::raw) continue;
    out.compress |= f->compress();
    out.binary |= f->what() == frame::kind::binary;
    frames.push_back(std::move(f));
  }
  out.packets = frames.size();
  out.binary = out.binary && revision_ == wire::revision::v3 && !base64_;
  wire::payload_writer writer(revision_, out.binary);
  if (!frames.empty()) writer.reserve(body_bytes - 1);  // there is no separator behind the last one
  for (const shared_frame& f : frames) writer.add(f->packet());
  out.body = as_body(writer.take());
  return out;
}

std::string polling_transport::control(std::initializer_list<wire::packet_type> types) const {
  wire::payload_writer writer(revision_, false);
  for (const wire::packet_type type : types) writer.add({type, false, {}});
  return as_body(writer.take());
}

}  // namespace cosio::inline v0_2::engine
