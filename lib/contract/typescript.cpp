// The TypeScript of a contract: names that do not clash, both directions, and the text.

#include <cosio/typescript.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::detail {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class List>
bool contains(const List& list, std::string_view what) {
  return std::find(std::begin(list), std::end(list), what) != std::end(list);
}

// "chat_line" -> "ChatLine"
std::string pascal(std::string_view word) {
  std::string out;
  bool upper = true;
  for (const char c : word) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return out.empty() || is_digit(out.front()) ? "_" + out : out;
}

// Compilers write namespaces without a name differently.
std::string without_nameless(std::string text) {
  for (const std::string_view nameless : {"{anonymous}::", "(anonymous namespace)::"}) {
    for (auto at = text.find(nameless); at != std::string::npos; at = text.find(nameless))
      text.erase(at, nameless.size());
  }
  return text;
}

// The words of a C++ name, "app::page<chat::line>": "PageLine"; with namespaces "AppPageChatLine".
std::string words_of(const std::string& cpp, bool namespaces) {
  std::string out;
  for (std::size_t at = 0; at < cpp.size();) {
    std::size_t end = at;
    while (end < cpp.size() && is_word(cpp[end])) ++end;
    const std::string word = cpp.substr(at, end - at);
    const bool is_namespace = cpp.compare(end, 2, "::") == 0 || cpp.compare(end, 4, "()::") == 0;
    if (!word.empty() && (namespaces || !is_namespace)) out += pascal(word);
    at = std::max(end, at + 1);
  }
  return out;
}

// Names that no parameter can have.
constexpr std::array<std::string_view, 48> reserved_words{
    "arguments", "await",      "break",     "case",   "catch",    "class",  "const",      "continue",
    "debugger",  "default",    "delete",    "do",     "else",     "enum",   "eval",       "export",
    "extends",   "false",      "finally",   "for",    "function", "if",     "implements", "import",
    "in",        "instanceof", "interface", "let",    "new",      "null",   "package",    "private",
    "protected", "public",     "return",    "static", "super",    "switch", "this",       "throw",
    "true",      "try",        "typeof",    "var",    "void",     "while",  "with",       "yield"};

bool is_identifier(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '$'; });
}

std::string in_quotes(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string property(std::string_view name) { return is_identifier(name) ? std::string(name) : in_quotes(name); }

// The name of a parameter: the declared one, if TypeScript allows it and no other parameter has it.
std::string parameter_name(const std::string& declared, const std::string& fallback, std::vector<std::string>& taken) {
  std::string name = declared.empty() ? fallback : declared;
  std::replace_if(name.begin(), name.end(), [](char c) { return !is_word(c); }, '_');
  if (is_digit(name.front())) name.insert(0, "_");
  while (contains(reserved_words, name) || contains(taken, name)) name += '_';
  taken.push_back(name);
  return name;
}

}  // namespace

// GCC:   "constexpr const char* cosio::detail::spelled() [with T = chat::line]"
// Clang: "const char *cosio::detail::spelled() [T = chat::line]"
std::string_view cpp_name(std::string_view spelled_by_compiler) {
  constexpr std::string_view mark = "T = ";
  const auto begin = spelled_by_compiler.find(mark);
  if (begin == std::string_view::npos) return spelled_by_compiler;
  const std::string_view rest = spelled_by_compiler.substr(begin + mark.size());
  return rest.substr(0, rest.rfind(']'));
}

// ---------------------------------------------------------------- collecting

script_printer::script_printer(std::string_view contract, typescript_options options)
    : contract_(without_nameless(std::string(contract))), options_(std::move(options)) {
  // Names that the text itself uses or exports.
  taken_ = {"ServerToClientEvents", "ClientToServerEvents", "Record", "Partial", "Array",
            "ArrayBuffer",          "Uint8Array",           "Buffer"};
}

std::size_t script_printer::declare(const void* key, std::string_view cpp_name, std::string_view wanted_name,
                                    bool& is_new) {
  const auto found =
      std::find_if(declarations_.begin(), declarations_.end(), [key](const declaration& d) { return d.key == key; });
  is_new = found == declarations_.end();
  if (!is_new) return static_cast<std::size_t>(found - declarations_.begin());
  declaration made;
  made.key = key;
  made.cpp_name = without_nameless(std::string(cpp_name));
  made.wanted_name = wanted_name;
  declarations_.push_back(std::move(made));
  return declarations_.size() - 1;
}

void script_printer::interface(std::size_t id, std::vector<script_member> members) {
  declarations_[id].members = std::move(members);
}

void script_printer::union_of(std::size_t id, std::vector<std::string> names) {
  declarations_[id].is_union = true;
  declarations_[id].names = std::move(names);
}

void script_printer::event(direction to, script_event event) {
  events_[static_cast<std::size_t>(to)].push_back(std::move(event));
}

// ---------------------------------------------------------------- deciding

namespace {

direction opposite(direction to) { return to == direction::to_client ? direction::to_server : direction::to_client; }

}  // namespace

void script_printer::mark_used(const script_type& type, direction to) {
  for (const script_type& part : type.of) mark_used(part, to);
  if (type.what != script_type::kind::declared) return;
  bool& used = declarations_[type.id].used[static_cast<std::size_t>(to)];
  if (std::exchange(used, true)) return;
  for (const script_member& member : declarations_[type.id].members) mark_used(member.type, to);
}

bool script_printer::type_differs(const script_type& type) const {
  if (type.what == script_type::kind::binary) return options_.received_binary != options_.sent_binary;
  if (type.what == script_type::kind::declared) return declarations_[type.id].differs;
  return std::any_of(type.of.begin(), type.of.end(), [this](const script_type& part) { return type_differs(part); });
}

// Types may refer to each other in circles, so this repeats until nothing changes any more.
void script_printer::find_differences() {
  for (bool changed = true; changed;) {
    changed = false;
    for (declaration& one : declarations_) {
      if (one.differs) continue;
      one.differs = std::any_of(one.members.begin(), one.members.end(),
                                [this](const script_member& m) { return m.optional || type_differs(m.type); });
      changed |= one.differs;
    }
  }
}

void script_printer::take_name(std::string& into, const std::string& wanted, const std::string& longer) {
  into = contains(taken_, wanted) ? longer : wanted;
  const std::string base = into;
  for (int number = 2; contains(taken_, into); ++number) into = base + std::to_string(number);
  taken_.push_back(into);
}

// Names that somebody asked for come first, then the order of the contract. A type that is only sent gets its second
// name last.
void script_printer::choose_names() {
  for (declaration& one : declarations_)
    if (!one.wanted_name.empty()) take_name(one.name, one.wanted_name, one.wanted_name);
  for (declaration& one : declarations_)
    if (one.wanted_name.empty()) take_name(one.name, words_of(one.cpp_name, false), words_of(one.cpp_name, true));
  for (declaration& one : declarations_)
    if (one.differs && one.used[0] && one.used[1]) take_name(one.input_name, one.name + "Input", one.name + "Input");
}

// ---------------------------------------------------------------- printing

const std::string& script_printer::name_of(std::size_t id, direction to) const {
  const declaration& one = declarations_[id];
  return to == direction::to_server && !one.input_name.empty() ? one.input_name : one.name;
}

std::string script_printer::type(const script_type& type, direction to) const {
  switch (type.what) {
    case script_type::kind::text:
      return type.text;
    case script_type::kind::declared:
      return name_of(type.id, to);
    case script_type::kind::binary:
      return to == direction::to_client ? options_.received_binary : options_.sent_binary;
    case script_type::kind::nullable:
      return this->type(type.of[0], to) + " | null";
    case script_type::kind::list:
      return atom(type.of[0], to) + "[]";
    case script_type::kind::record:
      return record(type, to);
    case script_type::kind::any_of:
      return any_of(type, to);
    case script_type::kind::rest:
      return "any[]";
    case script_type::kind::tuple:
      break;
  }
  std::string out = "[";
  for (const script_type& part : type.of) out += (out.size() > 1 ? ", " : "") + this->type(part, to);
  return out + "]";
}

std::string script_printer::record(const script_type& type, direction to) const {
  const std::string value = this->type(type.of[0], to);
  if (type.of.size() == 1) return "Record<" + type.text + ", " + value + ">";
  return "Partial<Record<" + this->type(type.of[1], to) + ", " + value + ">>";
}

// Each alternative once: all numbers are one type in TypeScript.
std::string script_printer::any_of(const script_type& type, direction to) const {
  std::vector<std::string> each;
  for (const script_type& part : type.of) {
    std::string text = this->type(part, to);
    if (!contains(each, text)) each.push_back(std::move(text));
  }
  std::string out;
  for (const std::string& text : each) out += (out.empty() ? "" : " | ") + text;
  return out;
}

std::string script_printer::atom(const script_type& type, direction to) const {
  const std::string text = this->type(type, to);
  return text.find('|') == std::string::npos || type.what == script_type::kind::record ||
                 type.what == script_type::kind::tuple
             ? text
             : "(" + text + ")";
}

std::string script_printer::declaration_text(const declaration& one, direction to) const {
  const std::string& name = to == direction::to_server && !one.input_name.empty() ? one.input_name : one.name;
  std::string out;
  if (one.is_union) {
    for (const std::string& each : one.names) out += (out.empty() ? "" : " | ") + in_quotes(each);
    return "\nexport type " + name + " = " + (out.empty() ? "never" : out) + ";\n";
  }
  for (const script_member& member : one.members) {
    const bool may_be_null = member.optional && to == direction::to_server;
    out += "  " + property(member.name) + (member.optional ? "?: " : ": ") + type(member.type, to) +
           (may_be_null ? " | null;\n" : ";\n");
  }
  return "\nexport interface " + name + (out.empty() ? " {}\n" : " {\n" + out + "}\n");
}

// "from: string, text: string, callback: (answer: number) => void"
std::string script_printer::arguments_text(const script_event& event, direction to) const {
  // A client may leave out optional arguments at the end, unless the callback is behind them.
  std::size_t needed = event.arguments.size();
  if (!event.acknowledged && to == direction::to_server) {
    while (needed > 0 && event.arguments[needed - 1].type.what == script_type::kind::nullable) --needed;
  }
  std::vector<std::string> taken;
  if (event.acknowledged) taken.emplace_back("callback");
  std::string out;
  bool rest = false;
  for (std::size_t i = 0; i < event.arguments.size(); ++i) {
    const script_member& argument = event.arguments[i];
    rest = argument.type.what == script_type::kind::rest;
    const std::string name = parameter_name(argument.name, rest ? "rest" : "arg" + std::to_string(i), taken);
    out += (out.empty() ? "" : ", ") + std::string(rest ? "..." : "") + name + (i < needed ? ": " : "?: ") +
           type(argument.type, to);
  }
  if (!event.acknowledged) return out;
  out += (out.empty() ? "" : ", ") + std::string("callback: (") + answer_text(event.answer, opposite(to)) + ") => void";
  return rest ? "...args: [" + out + "]" : out;  // TypeScript has no parameter behind a rest
}

std::string script_printer::answer_text(const std::vector<script_member>& answer, direction to) const {
  std::vector<std::string> taken;
  std::string out;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const std::string name =
        parameter_name(answer[i].name, answer.size() == 1 ? "answer" : "answer" + std::to_string(i), taken);
    const bool rest = answer[i].type.what == script_type::kind::rest;
    out += (out.empty() ? "" : ", ") + std::string(rest ? "..." : "") + name + ": " + type(answer[i].type, to);
  }
  return out;
}

std::string script_printer::event_text(const script_event& event, direction to) const {
  return "  " + property(event.name) + ": (" + arguments_text(event, to) + ") => void;\n";
}

std::string script_printer::print() {
  for (const direction to : {direction::to_client, direction::to_server}) {
    for (const script_event& event : events_[static_cast<std::size_t>(to)]) {
      for (const script_member& argument : event.arguments) mark_used(argument.type, to);
      for (const script_member& argument : event.answer) mark_used(argument.type, opposite(to));
    }
  }
  find_differences();
  choose_names();

  std::string out = "// Made by cosio from the contract " + contract_ + ": change it there.\n";
  for (const declaration& one : declarations_) {
    const bool received = one.used[static_cast<std::size_t>(direction::to_client)];
    out += declaration_text(one, received ? direction::to_client : direction::to_server);
    if (!one.input_name.empty()) out += declaration_text(one, direction::to_server);
  }
  out += "\n/** What the server sends: `socket.on(...)`. */\nexport interface ServerToClientEvents {\n";
  for (const script_event& event : events_[0]) out += event_text(event, direction::to_client);
  out += "}\n\n/** What the client sends: `socket.emit(...)`. */\nexport interface ClientToServerEvents {\n";
  for (const script_event& event : events_[1]) out += event_text(event, direction::to_server);
  return out + "}\n";
}

}  // namespace cosio::inline v0_2::detail
