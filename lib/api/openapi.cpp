// The text of the description.

#include "api/openapi.hpp"

#include <cosio/version.hpp>

#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::api {
namespace {

constexpr std::string_view text = R"(
  "components": {
    "securitySchemes": {
      "bearer": { "type": "http", "scheme": "bearer", "description": "The secret of a key." },
      "signature": { "type": "http", "scheme": "HMAC-SHA256", "description": "name:timestamp:code; the code is the HMAC-SHA256, in hexadecimal digits, of method, target, timestamp and body with a line feed between them." }
    },
    "parameters": {
      "nsp": { "name": "nsp", "in": "query", "description": "The namespace.", "schema": { "type": "string", "default": "/" } },
      "local": { "name": "local", "in": "query", "description": "Only the sockets of this server.", "schema": { "type": "boolean", "default": false } },
      "idempotency": { "name": "Idempotency-Key", "in": "header", "description": "A request that is sent again with the same key gets the answer of the first one, and does nothing.", "schema": { "type": "string", "minLength": 1, "maxLength": 255 } }
    },
    "schemas": {
      "names": { "oneOf": [ { "type": "string", "maxLength": 1024 }, { "type": "array", "maxItems": 1000, "items": { "type": "string", "maxLength": 1024 } } ] },
      "receivers": {
        "type": "object",
        "properties": {
          "nsp": { "type": "string", "default": "/", "description": "The namespace." },
          "rooms": { "$ref": "#/components/schemas/names", "description": "Sockets in at least one of these rooms. The id of a socket is a room, too. An empty list names nobody." },
          "everybody": { "type": "boolean", "description": "All sockets of the namespace, in place of rooms." },
          "except": { "$ref": "#/components/schemas/names", "description": "Sockets in these rooms are left out." },
          "local": { "type": "boolean", "default": false, "description": "Only the sockets of this server." }
        }
      },
      "attachments": { "type": "array", "maxItems": 100, "items": { "type": "string", "contentEncoding": "base64" }, "description": "Binary. Its place in the arguments is an object {\"_placeholder\": true, \"num\": index}." },
      "emit": {
        "allOf": [ { "$ref": "#/components/schemas/receivers" } ],
        "type": "object",
        "required": ["event"],
        "properties": {
          "event": { "type": "string", "maxLength": 1024 },
          "args": { "type": "array", "default": [], "items": true },
          "attachments": { "$ref": "#/components/schemas/attachments" },
          "volatile": { "type": "boolean", "default": false, "description": "Dropped for clients that cannot take it at once." },
          "compress": { "type": "boolean", "default": true },
          "timeout": { "type": "integer", "minimum": 1, "description": "Asks for acknowledgements, and waits for them so many milliseconds." }
        },
        "unevaluatedProperties": false
      },
      "join": { "allOf": [ { "$ref": "#/components/schemas/receivers" } ], "type": "object", "required": ["join"], "properties": { "join": { "$ref": "#/components/schemas/names" } }, "unevaluatedProperties": false },
      "leave": { "allOf": [ { "$ref": "#/components/schemas/receivers" } ], "type": "object", "required": ["leave"], "properties": { "leave": { "$ref": "#/components/schemas/names" } }, "unevaluatedProperties": false },
      "disconnect": { "allOf": [ { "$ref": "#/components/schemas/receivers" } ], "type": "object", "properties": { "close": { "type": "boolean", "default": false, "description": "Closes the connections of the clients, too." } }, "unevaluatedProperties": false },
      "sent": { "type": "object", "description": "Sockets of this server.", "properties": { "queued": { "type": "integer" }, "dropped": { "type": "integer" }, "refused": { "type": "integer", "published": { "type": "boolean", "description": "With a cluster: whether the other servers were told." } } } },
      "answers": {
        "type": "object",
        "properties": {
          "complete": { "type": "boolean", "description": "False when some are missing, or do not fit into the answer." },
          "problem": { "type": "string" },
          "answers": { "type": "array", "items": { "type": "object", "properties": { "args": { "type": "array", "items": true }, "attachments": { "$ref": "#/components/schemas/attachments" } } } }
        }
      },
      "done": { "type": "object", "properties": { "done": { "const": true }, "published": { "type": "boolean", "description": "With a cluster: whether the other servers were told." } } },
      "rooms": {
        "type": "object",
        "properties": {
          "nsp": { "type": "string" },
          "more": { "type": "boolean", "description": "Whether there are rooms behind the last one: ask again with its name as after." },
          "complete": { "type": "boolean", "description": "False when another server did not answer in time." },
          "rooms": { "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" }, "sockets": { "type": "integer" } } } }
        }
      },
      "counts": {
        "type": "object",
        "properties": {
          "nsp": { "type": "string" },
          "servers": { "type": "integer" },
          "sockets": { "type": "integer", "description": "Of the namespace." },
          "rooms": { "type": "integer", "description": "Of the namespace; rooms of ids do not count." },
          "complete": { "type": "boolean", "description": "False when another server did not answer in time." },
          "clients": { "type": "integer", "description": "Connections of this server." }
        }
      },
      "refusal": { "type": "object", "required": ["error", "message"], "properties": { "error": { "type": "string" }, "message": { "type": "string" } } }
    },
    "responses": {
      "untold": { "description": "With the error not_published: it is done on this server, and the other servers could not be told. Else the request was refused.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/refusal" } } } },
      "refused": { "description": "The request was refused.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/refusal" } } } }
    }
  },
  "security": [ { "bearer": [] }, { "signature": [] } ],
  "paths": {
    "/emit": {
      "post": {
        "operationId": "emit",
        "summary": "Emits an event.",
        "parameters": [ { "$ref": "#/components/parameters/idempotency" } ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/emit" } } } },
        "responses": {
          "202": { "description": "The message for the other servers waits for a broker that is away, or has not replied yet.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/sent" } } } },
          "503": { "$ref": "#/components/responses/untold" },
          "200": { "description": "It was emitted.", "content": { "application/json": { "schema": { "oneOf": [ { "$ref": "#/components/schemas/sent" }, { "$ref": "#/components/schemas/answers" } ] } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/join": {
      "post": {
        "operationId": "join",
        "summary": "Puts sockets into rooms.",
        "parameters": [ { "$ref": "#/components/parameters/idempotency" } ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/join" } } } },
        "responses": {
          "202": { "description": "It is done on this server, and the message for the other servers waits for a broker that has not replied yet.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "503": { "$ref": "#/components/responses/untold" },
          "200": { "description": "It is done on this server, and other servers have been told.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/leave": {
      "post": {
        "operationId": "leave",
        "summary": "Takes sockets out of rooms.",
        "parameters": [ { "$ref": "#/components/parameters/idempotency" } ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/leave" } } } },
        "responses": {
          "202": { "description": "It is done on this server, and the message for the other servers waits for a broker that has not replied yet.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "503": { "$ref": "#/components/responses/untold" },
          "200": { "description": "It is done on this server, and other servers have been told.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/disconnect": {
      "post": {
        "operationId": "disconnect",
        "summary": "Disconnects sockets.",
        "parameters": [ { "$ref": "#/components/parameters/idempotency" } ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/disconnect" } } } },
        "responses": {
          "202": { "description": "It is done on this server, and the message for the other servers waits for a broker that has not replied yet.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "503": { "$ref": "#/components/responses/untold" },
          "200": { "description": "It is done on this server, and other servers have been told.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/done" } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/rooms": {
      "get": {
        "operationId": "rooms",
        "summary": "Lists rooms by name, with the number of their sockets. Rooms of ids are left out.",
        "parameters": [
          { "$ref": "#/components/parameters/nsp" },
          { "$ref": "#/components/parameters/local" },
          { "name": "after", "in": "query", "description": "Rooms behind this name only.", "schema": { "type": "string" } },
          { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 10000, "default": 1000 } }
        ],
        "responses": {
          "200": { "description": "The rooms.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/rooms" } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/counts": {
      "get": {
        "operationId": "counts",
        "summary": "Counts sockets, rooms, servers and clients.",
        "parameters": [ { "$ref": "#/components/parameters/nsp" }, { "$ref": "#/components/parameters/local" } ],
        "responses": {
          "200": { "description": "The numbers.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/counts" } } } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    },
    "/openapi.json": {
      "get": {
        "operationId": "description",
        "summary": "This description.",
        "responses": {
          "200": { "description": "OpenAPI 3.1.", "content": { "application/json": {} } },
          "default": { "$ref": "#/components/responses/refused" }
        }
      }
    }
  }
}
)";

}  // namespace

std::string openapi_text(std::string_view path) {
  std::string out =
      "{\n  \"openapi\": \"3.1.0\",\n  \"info\": { \"title\": \"HTTP API of a Socket.IO server\", \"version\": \"";
  out += COSIO_VERSION_STRING;
  out += "\" },\n  \"servers\": [ { \"url\": ";
  wire::append_json_string(out, path);
  out += " } ],";
  out += text;
  return out;
}

}  // namespace cosio::inline v0_2::api
