"""The schema that lane charts are shipped with."""

import json
from importlib import resources

_FILE = resources.files("drumscribe.charts") / "lane_chart.schema.json"
LANE_CHART_SCHEMA = json.loads(_FILE.read_text(encoding="utf-8"))
