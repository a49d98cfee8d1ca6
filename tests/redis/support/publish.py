# Publishes with the managers of python-socketio, as a Celery or Flask program does: one JSON object a line on stdin says
# which method is called with which arguments, and stdout has a line when it was. Binary is {"bytes": [1, 2]}.
import json
import pickle
import sys

import redis
import socketio


def revive(value):
    if isinstance(value, dict):
        if set(value) == {"bytes"}:
            return bytes(value["bytes"])
        return {name: revive(item) for name, item in value.items()}
    if isinstance(value, list):
        return [revive(item) for item in value]
    return value


manager = socketio.RedisManager(sys.argv[1], write_only=True)
raw = redis.Redis.from_url(sys.argv[1])
for line in sys.stdin:
    what = json.loads(line)
    arguments = revive(what.get("args", []))
    named = revive(what.get("named", {}))
    if what["method"] == "pickled":
        raw.publish("socketio", pickle.dumps(arguments[0]))
    elif what["method"] == "raw":
        raw.publish("socketio", arguments[0])
    else:
        if what.get("tuple"):
            arguments[1] = tuple(arguments[1])
        getattr(manager, what["method"])(*arguments, **named)
    print("done", flush=True)
