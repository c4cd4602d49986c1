package dev.keyturn.webhook.server;

import java.util.concurrent.atomic.AtomicInteger;

/** How many bytes of large bodies may be coming in at a time, on all connections. Any thread. */
final class Room {
  private final AtomicInteger left;

  Room(int bytes) {
    this.left = new AtomicInteger(bytes);
  }

  /** Takes so much of it, or nothing where there is less. */
  boolean take(int bytes) {
    int before = left.get();
    while (before >= bytes) {
      if (left.compareAndSet(before, before - bytes)) {
        return true;
      }
      before = left.get();
    }
    return false;
  }

  void giveBack(int bytes) {
    left.addAndGet(bytes);
  }
}
