package dev.keyturn.javaagent.weaving;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A table of joins, parsed from one text:
 *
 * <pre>
 * &#64;SINK-CLASS NAME [WHEN]
 * CLASS METHOD(DESCRIPTOR)RESULT arguments|instead
 * </pre>
 *
 * One string constant, since it is read whenever an application starts: no class of a sink is
 * loaded before the sink is used. Immutable.
 */
public final class Joins {
  private final List<Join> all = new ArrayList<>();
  private final Map<String, List<Join>> byType = new HashMap<>();

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
        }
        ofType.add(join);
      }
    }
  }

  public Join get(int index) {
    return all.get(index);
  }

  public List<Join> all() {
    return all;
  }

  /** The names of all classes, with dots. */
  public Set<String> types() {
    return byType.keySet();
  }

  /** Those of one class, in the order of the table. */
  List<Join> of(String type) {
    List<Join> joins = byType.get(type);
    return joins == null ? new ArrayList<Join>() : joins;
  }
}
