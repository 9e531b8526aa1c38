"""The executive's app: a page, and the server of this machine that answers while levers are dragged."""
