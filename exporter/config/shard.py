"""One of several exporters that share the apps of one configuration."""

import hashlib
import re
from typing import NamedTuple

from exporter.config.models import Config

# A number, or the name of a StatefulSet's pod, which ends in one.
ORDINAL = re.compile(r"(?:.+-)?([0-9]{1,5})")


class Shard(NamedTuple):
    """Which of how many, counted from 0."""

    ordinal: int = 0
    total: int = 1

    def holds(self, appid: str) -> bool:
        """Whether an app belongs here: the shard whose hash with the appid is the greatest.

        Rendezvous hashing: other apps do not matter, and one shard more takes of each its part.
        """

        def rank(ordinal: int) -> bytes:
            return hashlib.blake2b(f"{ordinal}/{appid}".encode(), digest_size=8).digest()

        return max(range(self.total), key=rank) == self.ordinal

    def part_of(self, config: Config) -> Config:
        """The configuration with the apps of this shard alone, of which there may be none."""
        if self.total == 1:
            return config
        apps = tuple(app for app in config.apps if self.holds(app.appid))
        return config.model_copy(update={"apps": apps})


def shard_of(ordinal: str, total: int) -> Shard:
    """The shard that the options name. Raises ValueError with what would be right."""
    found = ORDINAL.fullmatch(ordinal)
    if found is None:
        raise ValueError(
            f"{ordinal!r} is no shard: give a number from 0, or a StatefulSet's pod name like "
            "wxa-exporter-0"
        )
    number = int(found[1])
    if number >= total:
        raise ValueError(
            f"shard {number} does not exist: of {total} in all (--total-shards) the last one is "
            f"{total - 1}"
        )
    return Shard(number, total)
