package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.standin.Snapshot;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code System.getenv()} shows: always the current snapshot. Behaves as the JDK's own map
 * does (wrapped in {@code Collections.unmodifiableMap} like that): no null, Strings only. An
 * iterator stays with the generation it started with.
 */
final class Environment extends AbstractMap<String, String> {
  private static Map<String, String> now() {
    return Snapshot.current().environment();
  }

  @Override
  public @Nullable String get(Object name) {
    return Snapshot.current().variable((String) Objects.requireNonNull(name));
  }

  @Override
  public boolean containsKey(Object name) {
    return now().containsKey((String) Objects.requireNonNull(name));
  }

  @Override
  public boolean containsValue(Object value) {
    return now().containsValue((String) Objects.requireNonNull(value));
  }

  @Override
  public int size() {
    return now().size();
  }

  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    return new AbstractSet<Map.Entry<String, String>>() {
      @Override
      public Iterator<Map.Entry<String, String>> iterator() {
        Snapshot snapshot = Snapshot.current();
        snapshot.allVariablesAsked();
        return snapshot.environment().entrySet().iterator();
      }

      @Override
      public boolean contains(Object entry) {
        return now().entrySet().contains(entry);
      }

      @Override
      public int size() {
        return now().size();
      }
    };
  }

  /** Like any map's, but for secrets, which are often printed this way by mistake. */
  @Override
  public String toString() {
    Snapshot snapshot = Snapshot.current();
    Map<String, String> shown = new HashMap<>(snapshot.environment());
    for (String secret : snapshot.variables()) {
      shown.put(secret, "(secret)");
    }
    return shown.toString();
  }
}
