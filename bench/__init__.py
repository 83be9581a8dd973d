"""The measurements behind `make bench`: every number beside another one of the same run."""
