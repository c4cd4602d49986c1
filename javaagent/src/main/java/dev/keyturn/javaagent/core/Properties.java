package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.standin.Snapshot;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The system properties that the current snapshot answers for. */
final class Properties extends AbstractMap<String, String> {
  @Override
  public @Nullable String get(Object name) {
    return Snapshot.current().property((String) name);
  }

  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    return Snapshot.current().properties().entrySet();
  }
}
