package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sections of keys as a tree, as Go's {@code ini.v1}, with which sops writes, reads them: comments
 * at the end of a line, values in quotes or backticks or over several lines.
 */
final class IniTree {
  /** Where keys are that stand before any section. */
  private static final String FIRST = "DEFAULT";

  private final String[] lines;
  private int at;
  private final List<Entry> sections = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private List<Entry> keys = new ArrayList<>();
  private Set<String> keyNames = new HashSet<>();
  private final StringBuilder comment = new StringBuilder();

  /** For the key to come: sops has a comment behind the key above which it is written. */
  private List<String> before = List.of();

  private IniTree(String text) {
    this.lines = (text.startsWith("\ufeff") ? text.substring(1) : text).split("\n", -1);
  }

  static Branch read(String text) throws SopsException {
    return new IniTree(text).file();
  }

  private Branch file() throws SopsException {
    while (at < lines.length) {
      String line = lines[at++].stripLeading();
      if (line.isEmpty()) {
        continue;
      }
      char first = line.charAt(0);
      if (first == '#' || first == ';') {
        comment.append(line).append('\n');
      } else if (first == '[') {
        section(line);
      } else {
        key(line);
      }
    }
    return new Branch(sections);
  }

  private void section(String line) throws SopsException {
    int close = line.lastIndexOf(']');
    if (close < 0) {
      throw new SopsException("line %d has no ']'".formatted(at));
    }
    String rest = line.substring(close + 1);
    int sign = commentSign(rest);
    comment.append(sign < 0 ? "" : rest.substring(sign));
    begin(line.substring(1, close));
    before = takeComment();
  }

  private void begin(String name) throws SopsException {
    if (!names.add(name)) {
      throw new SopsException("the section '%s' is there twice".formatted(name));
    }
    keys = new ArrayList<>();
    keyNames = new HashSet<>();
    sections.add(new Entry(name, new Branch(keys), List.of()));
  }

  private void key(String line) throws SopsException {
    if (sections.isEmpty()) {
      begin(FIRST);
    }
    int nameStart = 0;
    int nameEnd;
    int delimiter;
    String quote = line.startsWith("\"\"\"") ? "\"\"\"" : line.substring(0, 1);
    if (quote.equals("\"\"\"") || quote.equals("\"") || quote.equals("`")) {
      nameStart = quote.length();
      nameEnd = line.indexOf(quote, nameStart);
      delimiter = nameEnd < 0 ? -1 : delimiter(line, nameEnd + quote.length());
    } else {
      delimiter = delimiter(line, 0);
      nameEnd = delimiter;
    }
    if (delimiter <= 0) {
      throw new SopsException("line %d is not of the form key = value".formatted(at));
    }
    String name = line.substring(nameStart, nameEnd).strip();
    if (!keyNames.add(name)) {
      throw new SopsException("the key '%s' is there twice in its section".formatted(name));
    }
    String value = value(line.substring(delimiter + 1).stripLeading());
    keys.add(new Entry(name, Leaf.of(Kind.TEXT, value), before));
    before = takeComment();
  }

  private static int delimiter(String line, int from) {
    for (int i = from; i < line.length(); i++) {
      if (line.charAt(i) == '=' || line.charAt(i) == ':') {
        return i;
      }
    }
    return -1;
  }

  private String value(String line) throws SopsException {
    if (line.isEmpty()) {
      return "";
    }
    String quote = line.length() > 3 && line.startsWith("\"\"\"") ? "\"\"\"" : "`";
    if (line.startsWith(quote)) {
      int end = line.substring(quote.length()).lastIndexOf(quote);
      return end < 0
          ? lines(line.substring(quote.length()), quote)
          : line.substring(quote.length(), quote.length() + end);
    }
    String value = line.strip();
    if (value.endsWith("\\")) {
      return continued(value.substring(0, value.length() - 1));
    }
    int sign = commentSign(value);
    if (sign >= 0) {
      comment.append(value.substring(sign));
      value = value.substring(0, sign).strip();
    }
    return isQuoted(value, '\'') || isQuoted(value, '"')
        ? value.substring(1, value.length() - 1)
        : value;
  }

  private static int commentSign(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '#' || text.charAt(i) == ';') {
        return i;
      }
    }
    return -1;
  }

  private static boolean isQuoted(String value, char quote) {
    return value.length() >= 2
        && value.charAt(0) == quote
        && value.indexOf(quote, 1) == value.length() - 1;
  }

  private String lines(String first, String quote) throws SopsException {
    int start = at;
    var value = new StringBuilder(first);
    while (at < lines.length) {
      String line = lines[at++];
      value.append('\n');
      int end = line.lastIndexOf(quote);
      if (end >= 0) {
        return value.append(line, 0, end).toString();
      }
      value.append(line);
    }
    throw new SopsException("line %d has no end of its quotes".formatted(start));
  }

  private String continued(String first) {
    var value = new StringBuilder(first);
    while (at < lines.length) {
      String line = lines[at++].strip();
      value.append(line);
      if (!line.endsWith("\\")) {
        break;
      }
      value.setLength(value.length() - 1);
    }
    return value.toString();
  }

  /** As one text, which may have several lines, without the signs before the first. */
  private List<String> takeComment() {
    String text = comment.toString().strip();
    comment.setLength(0);
    if (text.isEmpty()) {
      return List.of();
    }
    char sign = text.charAt(0);
    int start = 0;
    while (start < text.length() && (text.charAt(start) == sign || text.charAt(start) == ' ')) {
      start++;
    }
    return List.of(text.substring(start));
  }
}
