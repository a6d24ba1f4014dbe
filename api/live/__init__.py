"""The live feed: one consumer a process, frames shared by clients, a bounded queue for each of them."""
