package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Lines of {@code KEY=value}, in which only {@code \n} is an escape, as a tree. */
final class DotenvTree {
  private DotenvTree() {}

  static Branch read(String text) throws SopsException {
    List<Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    List<String> comments = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (line.isEmpty()) {
        continue;
      }
      if (line.charAt(0) == '#') {
        comments.add(line.substring(1));
        continue;
      }
      int equals = line.indexOf('=');
      if (equals < 0) {
        throw new SopsException("line %d is not of the form KEY=value".formatted(number));
      }
      String key = line.substring(0, equals);
      if (!keys.add(key)) {
        throw new SopsException("the key '%s' is there twice".formatted(key));
      }
      Leaf value = Leaf.of(Kind.TEXT, line.substring(equals + 1).replace("\\n", "\n"));
      entries.add(new Entry(key, value, List.copyOf(comments)));
      comments.clear();
    }
    return new Branch(entries);
  }
}
