package dev.keyturn.javaagent.weaving;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A table of joins, parsed from one text:
 *
 * <pre>
 * &#64;SINK-CLASS NAME [stores|DOOR,DOOR...]
 * CLASS METHOD(DESCRIPTOR)RESULT arguments|instead
 * </pre>
 *
 * A door is a class that an application looks up before it can use the JDK's classes below that
 * line. One string constant, since it is read whenever an application starts: no class of a sink is
 * loaded before the sink is used. Immutable.
 */
public final class Joins {
  /** {@link Join#when} of the JDK's classes that are woven if the mount has a key store. */
  static final String STORES = "stores";

  private final List<Join> all = new ArrayList<>();
  private final Map<String, List<Join>> byType = new HashMap<>();

  /** The JDK's classes behind each door; each is behind itself. */
  private final Map<String, Set<String>> byDoor = new HashMap<>();

  private final Set<String> names;

  public Joins(String table) {
    String[] head = {"", "", ""};
    int end;
    for (int at = 0; at < table.length(); at = end + 1) {
      end = table.indexOf('\n', at);
      int first = table.indexOf(' ', at);
      int second = table.indexOf(' ', first + 1);
      if (table.charAt(at) == '@') {
        boolean whenGiven = second > 0 && second < end;
        head =
            new String[] {
              table.substring(at + 1, first),
              table.substring(first + 1, whenGiven ? second : end),
              whenGiven ? table.substring(second + 1, end) : ""
            };
      } else {
        String type = table.substring(at, first);
        Join join =
            new Join(
                all.size(),
                head,
                type,
                table.substring(first + 1, second),
                table.startsWith("instead", second + 1));
        all.add(join);
        List<Join> ofType = byType.get(type);
        if (ofType == null) {
          ofType = new ArrayList<>(2);
          byType.put(type, ofType);
          if (isOfJdk(type) && !join.when.equals(STORES)) {
            addDoors(type, join.when);
          }
        }
        ofType.add(join);
      }
    }
    names = new HashSet<>(byType.keySet());
    names.addAll(byDoor.keySet());
  }

  private void addDoors(String type, String doors) {
    addDoor(type, type);
    int end;
    for (int at = 0; at < doors.length(); at = end + 1) {
      end = doors.indexOf(',', at);
      end = end < 0 ? doors.length() : end;
      addDoor(doors.substring(at, end), type);
    }
  }

  private void addDoor(String door, String type) {
    Set<String> behind = byDoor.get(door);
    if (behind == null) {
      behind = new LinkedHashSet<>();
      byDoor.put(door, behind);
    }
    behind.add(type);
  }

  private static boolean isOfJdk(String type) {
    return type.startsWith("java.")
        || type.startsWith("javax.")
        || type.startsWith("sun.")
        || type.startsWith("com.sun.")
        || type.startsWith("jdk.");
  }

  public Join get(int index) {
    return all.get(index);
  }

  /** The names of all classes with joins, and of all doors, with dots. */
  public Set<String> names() {
    return names;
  }

  /** The names of the JDK's classes with joins, but for those of {@link #STORES}. */
  Set<String> ofJdk() {
    Set<String> types = new LinkedHashSet<>();
    for (Set<String> behind : byDoor.values()) {
      types.addAll(behind);
    }
    return types;
  }

  /** The names of classes with joins whose line says {@link #STORES}. */
  Set<String> ofStores() {
    Set<String> types = new LinkedHashSet<>();
    for (Join join : all) {
      if (join.when.equals(STORES)) {
        types.add(join.type);
      }
    }
    return types;
  }

  /** The names of the JDK's classes to weave when the given class is looked up. */
  Set<String> behind(String name) {
    Set<String> types = byDoor.get(name);
    return types == null ? Collections.<String>emptySet() : types;
  }

  /** Those of one class, in the order of the table. */
  List<Join> of(String type) {
    List<Join> joins = byType.get(type);
    return joins == null ? new ArrayList<Join>() : joins;
  }
}
