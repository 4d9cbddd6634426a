"""The command line: parse, call one service method, hand the result to the renderer."""
