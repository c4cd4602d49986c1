package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Snapshot;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * System's properties and those that the agent answers for: a live view, for frameworks that list
 * {@code System.getProperties()} instead of asking for a name. Any thread.
 */
final class SystemProperties extends AbstractMap<String, Object> {
  /** What the agent answers for; to list them, files have to be taken apart. */
  private static volatile Names answered = new Names("", Collections.<String>emptySet());

  private static final class Names {
    final String generation;
    final Set<String> names;

    Names(String generation, Set<String> names) {
      this.generation = generation;
      this.names = names;
    }
  }

  private static Set<String> names() {
    Snapshot snapshot = Snapshot.current();
    Names known = answered;
    if (!known.generation.equals(snapshot.id())) {
      Set<String> names = new HashSet<>();
      for (String name : snapshot.properties().keySet()) {
        names.add(name);
      }
      for (String name : snapshot.ownProperties()) {
        if (snapshot.property(name) != null) {
          names.add(name);
        }
      }
      known = new Names(snapshot.id(), names);
      answered = known;
    }
    Set<String> all = new HashSet<>(known.names);
    all.addAll(System.getProperties().stringPropertyNames());
    return all;
  }

  @Override
  public @Nullable Object get(Object name) {
    String answer = name instanceof String ? Snapshot.current().property((String) name) : null;
    return answer != null ? answer : System.getProperties().get(name);
  }

  @Override
  public boolean containsKey(Object name) {
    return get(name) != null;
  }

  @Override
  public @Nullable Object put(String name, Object value) {
    return System.getProperties().put(name, value);
  }

  @Override
  public @Nullable Object remove(Object name) {
    return System.getProperties().remove(name);
  }

  @Override
  public Set<String> keySet() {
    return Collections.unmodifiableSet(names());
  }

  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    final List<String> names = new ArrayList<>(names());
    return new AbstractSet<Map.Entry<String, Object>>() {
      @Override
      public Iterator<Map.Entry<String, Object>> iterator() {
        final Iterator<String> left = names.iterator();
        return new Iterator<Map.Entry<String, Object>>() {
          @Override
          public boolean hasNext() {
            return left.hasNext();
          }

          @Override
          public Map.Entry<String, Object> next() {
            String name = left.next();
            Object value = get(name);
            // One that went meanwhile.
            return new SimpleImmutableEntry<String, Object>(name, value == null ? "" : value);
          }

          @Override
          public void remove() {
            throw new UnsupportedOperationException();
          }
        };
      }

      @Override
      public int size() {
        return names.size();
      }
    };
  }

  /** Listed by mistake more often than on purpose: without any value. */
  @Override
  public String toString() {
    return keySet().toString();
  }
}
