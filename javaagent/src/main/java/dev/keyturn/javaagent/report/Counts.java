package dev.keyturn.javaagent.report;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How often, by name. Any thread. */
final class Counts {
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

  void add(String name) {
    AtomicLong count = counts.get(name);
    if (count == null) {
      AtomicLong first = new AtomicLong();
      AtomicLong there = counts.putIfAbsent(name, first);
      count = there != null ? there : first;
    }
    count.incrementAndGet();
  }

  /** A copy. */
  Map<String, Long> now() {
    Map<String, Long> now = new TreeMap<>();
    for (Map.Entry<String, AtomicLong> count : counts.entrySet()) {
      now.put(count.getKey(), count.getValue().get());
    }
    return now;
  }

  long total() {
    long total = 0;
    for (AtomicLong count : counts.values()) {
      total += count.get();
    }
    return total;
  }
}
