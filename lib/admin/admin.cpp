// The functions of <cosio/admin.hpp>.

#include <cosio/admin.hpp>
#include <cosio/server.hpp>

#include <memory>
#include <utility>

#include "admin/bcrypt.hpp"
#include "admin/feed.hpp"

namespace cosio::inline v0_2 {

admin_feed::admin_feed(const server& of, admin_options opts)
    : feed_(std::make_shared<admin::feed>(of, std::move(opts))) {
  feed_->start(of);
}

void admin_feed::on() const { feed_->on(); }
void admin_feed::off() const { feed_->off(); }
bool admin_feed::is_on() const noexcept { return feed_->is_on(); }
admin_counts admin_feed::counts() const noexcept { return feed_->counts(); }

bool has_bcrypt() noexcept { return admin::can_bcrypt(); }

}  // namespace cosio::inline v0_2
