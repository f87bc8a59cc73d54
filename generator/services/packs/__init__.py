"""Delivery packs: everything that is handed over of one or many tracks, in one zip that a worker makes."""
