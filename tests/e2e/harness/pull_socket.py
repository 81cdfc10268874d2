"""A consumer of a pull subscription on a WebSocket: takes events as they come, settles them, and is told of what it asked."""

import asyncio
import json

import websockets

PROTOCOL = "millrace.pull.json"
PATIENCE = 30


def run(story):
    """A coroutine, to its end."""
    return asyncio.run(asyncio.wait_for(story, 120))


async def elsewhere(function, *arguments):
    """What blocks, so that sockets are looked after meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def token_of(event):
    return event if isinstance(event, str) else event["lock"]["token"]


class PullSocket:
    """`async with PullSocket(at, subscription.path, "?max_in_hand=5") as socket`"""

    def __init__(self, at, path, query="", **options):
        options = {"subprotocols": [PROTOCOL], "max_size": None, "open_timeout": 60} | options
        self.connecting = websockets.connect(f"ws://{at}{path}/events{query}", **options)
        self.events, self.said = [], []  # what has come and was not taken: events, and all else

    async def __aenter__(self):
        self.ws = await self.connecting.__aenter__()
        return self

    async def __aexit__(self, *what):
        await self.connecting.__aexit__(*what)

    async def _next(self):
        message = json.loads(await asyncio.wait_for(self.ws.recv(), PATIENCE))
        if "events" in message:
            self.events += message["events"]
        else:
            self.said.append(message)

    async def take(self, count):
        while len(self.events) < count:
            await self._next()
        taken, self.events = self.events[:count], self.events[count:]
        return taken

    async def told(self):
        """The next message that is no events."""
        while not self.said:
            await self._next()
        return self.said.pop(0)

    async def say(self, **frame):
        await self.ws.send(json.dumps(frame))

    async def settle(self, verb, events, **more):
        """The errors of those that failed, by their tokens; all else is durable."""
        tokens = [token_of(event) for event in events]
        await self.say(**{verb: {"tokens": tokens} | more if more else tokens, "answer": True})
        told = await self.told()
        failed = {each["token"]: each["error"] for each in told["failed"]}
        assert sorted(told["settled"] + list(failed)) == sorted(tokens)
        return failed

    async def nothing_comes(self):
        """Nothing that was ready when it was asked: an answer goes out behind it."""
        await self.say(answer=True)
        assert await self.told() == {"settled": [], "failed": []}
        return self.events == []

    async def until_closed(self):
        """Its code and reason."""
        try:
            while True:
                await self._next()
        except websockets.exceptions.ConnectionClosed:
            return self.ws.close_code, self.ws.close_reason

    def lose(self):
        """As if the machine were gone: no close, no goodbye."""
        self.ws.transport.abort()
