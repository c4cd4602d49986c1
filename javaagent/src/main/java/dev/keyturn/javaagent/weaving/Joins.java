package dev.keyturn.javaagent.weaving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table of joins, in one text:
 *
 * <pre>
 * &#64;SINK-CLASS NAME [stores|DOOR,DOOR...]
 * CLASS METHOD(DESCRIPTOR)RESULT arguments|instead
 * </pre>
 *
 * A door is a class that an application looks up before it can use the JDK's classes below that
 * line. One string constant, since it is read whenever an application starts: no class of a sink is
 * loaded before the sink is used. At the start only the names of classes are read, and the rest of
 * a line when its class is met. Any thread.
 */
public final class Joins {
  /** {@link Join#when} of the JDK's classes that are woven if the mount has a key store. */
  static final String STORES = "stores";

  /** Asked for each class that is loaded. */
  private static final List<Join> NONE = Arrays.asList();

  private final String table;

  /** Where each join's line starts, and the line with its sink. */
  private final List<int[]> lines = new ArrayList<>();

  /** What was read of {@link #lines}; an immutable join may be read twice. */
  private final @Nullable Join[] read;

  /** The numbers of the joins of a class, in the order of the table. */
  private final Map<String, List<Integer>> byType = new HashMap<>();

  /** The JDK's classes behind each door; each is behind itself. */
  private final Map<String, Set<String>> byDoor = new HashMap<>();

  private final Set<String> ofStores = new LinkedHashSet<>();
  private final Set<String> names;

  public Joins(String table) {
    this.table = table;
    int head = 0;
    String when = "";
    int end;
    for (int at = 0; at < table.length(); at = end + 1) {
      end = table.indexOf('\n', at);
      if (table.charAt(at) == '@') {
        head = at;
        when = head(at)[2];
      } else {
        String type = table.substring(at, table.indexOf(' ', at));
        List<Integer> ofType = byType.get(type);
        if (ofType == null) {
          ofType = new ArrayList<>(2);
          byType.put(type, ofType);
          if (when.equals(STORES)) {
            ofStores.add(type);
          } else if (isOfJdk(type)) {
            addDoors(type, when);
          }
        }
        ofType.add(lines.size());
        lines.add(new int[] {at, head});
      }
    }
    read = new Join[lines.size()];
    names = new HashSet<>(byType.keySet());
    names.addAll(byDoor.keySet());
  }

  /** The sink's class, its name, and when its classes of the JDK are woven, perhaps empty. */
  private String[] head(int at) {
    int end = table.indexOf('\n', at);
    int first = table.indexOf(' ', at);
    int second = table.indexOf(' ', first + 1);
    boolean whenGiven = second > 0 && second < end;
    return new String[] {
      table.substring(at + 1, first),
      table.substring(first + 1, whenGiven ? second : end),
      whenGiven ? table.substring(second + 1, end) : ""
    };
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
    Join join = read[index];
    if (join == null) {
      int at = lines.get(index)[0];
      int first = table.indexOf(' ', at);
      int second = table.indexOf(' ', first + 1);
      join =
          new Join(
              index,
              head(lines.get(index)[1]),
              table.substring(at, first),
              table.substring(first + 1, second),
              table.startsWith("instead", second + 1));
      read[index] = join;
    }
    return join;
  }

  /** Whether a class with joins is one of a library, not of the JDK. */
  boolean isOfApplication(String type) {
    return byType.containsKey(type) && !isOfJdk(type);
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
    return ofStores;
  }

  /** The names of the JDK's classes to weave when the given class is looked up. */
  Set<String> behind(String name) {
    Set<String> types = byDoor.get(name);
    return types == null ? Collections.<String>emptySet() : types;
  }

  /** Those of one class, in the order of the table. */
  List<Join> of(String type) {
    List<Integer> numbers = byType.get(type);
    if (numbers == null) {
      return NONE;
    }
    Join[] joins = new Join[numbers.size()];
    for (int i = 0; i < joins.length; i++) {
      joins[i] = get(numbers.get(i));
    }
    return Arrays.asList(joins);
  }
}
