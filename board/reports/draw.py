"""Draws one chart as a picture: reads its Vega-Lite specification, writes a PNG. Run by board.reports.exports.

A process of its own: drawing takes the better part of a second of computing, and one that hangs can be ended.
"""

import json
import sys

import vl_convert

if __name__ == "__main__":
    asked = json.load(sys.stdin.buffer)
    # No address is allowed: a chart that names one loads nothing.
    picture = vl_convert.vegalite_to_png(asked["chart"], scale=asked["scale"], allowed_base_urls=[])
    sys.stdout.buffer.write(picture)
