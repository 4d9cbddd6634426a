"""Sends requests over many connections at once, and prints how long that took.

load.py PORT PATH < {"tokens": [one for each connection], "requests": all together}
"""

import asyncio
import json
import sys
import time


async def connection(port: int, path: str, token: str, count: int) -> str:
    """Send requests one after the other, and return the last token."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        if path == "/auth/me":
            head, body = f"GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n", ""
        else:
            head, body = f"POST {path} HTTP/1.1\r\n", json.dumps({"refresh_token": token})
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Host: localhost\r\n\r\n{body}".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert " 200 " in answer.splitlines()[0], answer
        fields = dict(line.lower().split(": ", 1) for line in answer.splitlines()[1:] if line)
        content = await reader.readexactly(int(fields["content-length"]))
        if path != "/auth/me":
            token = json.loads(content)["refresh_token"]
    writer.close()
    return token


async def main() -> None:
    """Run all connections."""
    given = json.load(sys.stdin)
    each = given["requests"] // len(given["tokens"])
    port, path = int(sys.argv[1]), sys.argv[2]
    start = time.perf_counter()
    tokens = await asyncio.gather(*(connection(port, path, t, each) for t in given["tokens"]))
    print(json.dumps({"seconds": time.perf_counter() - start, "tokens": tokens}))


asyncio.run(main())
