package dev.keyturn.agenttests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The table in docs/leak-guards.md of what heap dumps show. Each search of a dump checks its row,
 * or writes it with {@code -Dkeyturn.docs=write}. An application that has no row yet is let
 * through: it gets one the next time they are written.
 */
final class HeapTable {
  private static final Path PAGE = Path.of("../docs/leak-guards.md").toAbsolutePath();
  private static final String START = "| application in agent-tests | libraries | values found |";
  private static final String END = "<!-- end -->";

  /** Of a framework's dozens. */
  private static final int LIBRARIES_SHOWN = 4;

  private HeapTable() {}

  static void measured(String application, List<String> libraries, int found, int searchedFor)
      throws IOException {
    List<String> shown = libraries.stream().filter(name -> !isLogging(name)).toList();
    String key =
        "| `%s` | %s |"
            .formatted(
                application,
                shown.isEmpty()
                    ? "the JDK"
                    : String.join(", ", shown.subList(0, Math.min(LIBRARIES_SHOWN, shown.size())))
                        + (shown.size() > LIBRARIES_SHOWN ? ", ..." : ""));
    String row = key + (found == 0 ? " none |" : " %d of %d |".formatted(found, searchedFor));
    List<String> page = Files.readAllLines(PAGE);
    int from = page.indexOf(START) + 2;
    int to = page.indexOf(END);
    TreeMap<String, String> rows = new TreeMap<>();
    for (String line : page.subList(from, to)) {
      rows.put(line.substring(0, line.lastIndexOf('|', line.length() - 2) + 1), line);
    }
    if ("write".equals(System.getProperty("keyturn.docs"))) {
      rows.put(key, row);
      List<String> written = new ArrayList<>(page.subList(0, from));
      written.addAll(rows.values());
      written.addAll(page.subList(to, page.size()));
      Files.write(PAGE, written);
    } else {
      assertThat(rows.getOrDefault(key, row))
          .as("the row in %s; -Dkeyturn.docs=write writes it", PAGE.getFileName())
          .isEqualTo(row);
    }
  }

  private static boolean isLogging(String library) {
    return library.startsWith("slf4j-") || library.startsWith("logback-");
  }
}
