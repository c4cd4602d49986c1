package dev.keyturn.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Regular expressions of RE2, which Go has, by those of Java, which find the same. What only Java
 * knows is refused, and each character that is looked at is a step, so that none runs away.
 */
final class Regex {
  private Regex() {}

  static boolean matches(String expression, String text, Budget budget) {
    try {
      return compile(expression).matcher(new Watched(Bytes.decode(text), budget)).find();
    } catch (StackOverflowError e) {
      throw tooMuch();
    }
  }

  static String replaceAll(String expression, String with, String text, Budget budget) {
    var out = budget.build();
    String decoded = Bytes.decode(text);
    Matcher matcher = compile(expression).matcher(new Watched(decoded, budget));
    int at = 0;
    int lastEnd = -1;
    try {
      while (matcher.find()) {
        // As in Go, nothing right behind a match is none.
        if (matcher.end() > matcher.start() || matcher.start() != lastEnd) {
          out.add(Bytes.of(decoded.substring(at, matcher.start())));
          expand(with, matcher, decoded, out);
          at = matcher.end();
        }
        lastEnd = matcher.end();
      }
    } catch (StackOverflowError e) {
      throw tooMuch();
    }
    return out.add(Bytes.of(decoded.substring(at))).done();
  }

  private static Failure tooMuch() {
    return new Failure("this regular expression goes too deep for the text");
  }

  /**
   * Appends the replacement, in which {@code $1}, {@code ${name}} and {@code $$} stand for more.
   */
  private static void expand(String with, Matcher matcher, String text, Budget.Text out) {
    int at = 0;
    while (at < with.length()) {
      int dollar = with.indexOf('$', at);
      if (dollar < 0) {
        break;
      }
      out.add(with.substring(at, dollar));
      at = dollar + 1;
      if (with.startsWith("$", at)) {
        out.add('$');
        at++;
        continue;
      }
      boolean braces = with.startsWith("{", at);
      int start = braces ? at + 1 : at;
      int end = start;
      while (end < with.length() && isWord(with.charAt(end))) {
        end++;
      }
      if (end == start || (braces && !with.startsWith("}", end))) {
        out.add('$');
        continue;
      }
      out.add(group(with.substring(start, end), matcher, text));
      at = braces ? end + 1 : end;
    }
    if (at < with.length()) {
      out.add(with.substring(at));
    }
  }

  private static boolean isWord(char c) {
    return c == '_' || (c < 0x80 && Character.isLetterOrDigit(c));
  }

  private static String group(String name, Matcher matcher, String text) {
    int start = -1;
    int end = -1;
    if (name.chars().allMatch(Character::isDigit) && name.length() < 4) {
      int number = Integer.parseInt(name);
      if (number <= matcher.groupCount()) {
        start = matcher.start(number);
        end = matcher.end(number);
      }
    } else if (matcher.namedGroups().containsKey(name)) {
      start = matcher.start(name);
      end = matcher.end(name);
    }
    return start < 0 ? "" : Bytes.of(text.substring(start, end));
  }

  private static Pattern compile(String expression) {
    try {
      return Pattern.compile(
          translated(Bytes.decode(expression)), Pattern.UNIX_LINES | Pattern.UNICODE_CASE);
    } catch (PatternSyntaxException | IndexOutOfBoundsException e) {
      throw new Failure("this is no regular expression");
    } catch (StackOverflowError e) {
      throw new Failure("this regular expression is nested too deep");
    }
  }

  private static String translated(String re) {
    var java = new StringBuilder();
    boolean lines = re.contains("(?m") || re.contains("(?sm") || re.contains("(?im");
    int at = 0;
    while (at < re.length()) {
      char c = re.charAt(at);
      if (c == '\\' && at + 1 < re.length()) {
        at = escape(re, at, java);
      } else if (c == '[') {
        at = set(re, at, java);
      } else if (c == '(' && re.startsWith("?", at + 1)) {
        at = group(re, at, java);
      } else if (c == '$' && !lines) {
        java.append("\\z");
        at++;
      } else {
        boolean repeats = c == '*' || c == '+' || c == '?' || c == '}';
        if (repeats && re.startsWith("+", at + 1)) {
          throw new Failure("this regular expression repeats what is repeated already");
        }
        java.append(c);
        at++;
      }
    }
    return java.toString();
  }

  private static int group(String re, int at, StringBuilder java) {
    if (re.startsWith("(?P<", at)) {
      java.append("(?<");
      return at + 4;
    }
    for (String known : new String[] {"(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (re.startsWith(known, at)) {
        throw new Failure("this regular expression looks around, which Go's do not");
      }
    }
    int flag = at + 2;
    while (flag < re.length() && "imsU-".indexOf(re.charAt(flag)) >= 0) {
      if (re.charAt(flag) == 'U') {
        throw new Failure("the flag U is not there: write '?' behind what is not to be greedy");
      }
      flag++;
    }
    java.append(re, at, flag);
    return flag;
  }

  private static int escape(String re, int at, StringBuilder java) {
    char c = re.charAt(at + 1);
    if (c == 'Q') {
      int end = re.indexOf("\\E", at);
      String quoted = re.substring(at + 2, end < 0 ? re.length() : end);
      java.append(Pattern.quote(quoted));
      return end < 0 ? re.length() : end + 2;
    }
    if ((c >= '1' && c <= '9') || c == 'k' || "GXRhHVZeNuc".indexOf(c) >= 0) {
      throw new Failure("this regular expression has an escape that Go's do not know");
    }
    if (c == 's') {
      java.append("[\\t\\n\\f\\r ]");
    } else if (c == 'S') {
      java.append("[^\\t\\n\\f\\r ]");
    } else {
      java.append('\\').append(c);
      if ((c == 'p' || c == 'P') && re.startsWith("{", at + 2)) {
        return script(re, at + 2, java);
      }
    }
    return at + 2;
  }

  /** A class of Unicode: Java has the scripts behind an {@code Is}. */
  private static int script(String re, int at, StringBuilder java) {
    int end = re.indexOf('}', at);
    String name = re.substring(at + 1, end < 0 ? re.length() : end);
    boolean not = name.startsWith("^");
    name = not ? name.substring(1) : name;
    if (not) {
      int letter = java.length() - 1;
      java.setCharAt(letter, java.charAt(letter) == 'p' ? 'P' : 'p');
    }
    java.append('{').append(name.length() > 2 ? "Is" : "").append(name).append('}');
    return end < 0 ? re.length() : end + 1;
  }

  private static int set(String re, int start, StringBuilder java) {
    int at = start + 1;
    java.append('[');
    if (re.startsWith("^", at)) {
      java.append('^');
      at++;
    }
    boolean first = true;
    while (at < re.length() && (first || re.charAt(at) != ']')) {
      char c = re.charAt(at);
      int close = re.startsWith("[:", at) ? re.indexOf(":]", at) : -1;
      if (close > 0) {
        at = posix(re, at, close, java);
      } else if (c == '\\' && at + 1 < re.length()) {
        java.append(c)
            .append(re.charAt(at + 1) == 's' ? "t\\n\\f\\r " : re.substring(at + 1, at + 2));
        at += 2;
      } else {
        java.append(c == '[' || c == ']' || c == '&' ? "\\" : "").append(c);
        at++;
      }
      first = false;
    }
    java.append(']');
    return at + 1;
  }

  private static int posix(String re, int at, int close, StringBuilder java) {
    String name = re.substring(at + 2, close);
    boolean not = name.startsWith("^");
    String java8 =
        switch (not ? name.substring(1) : name) {
          case "alnum" -> "Alnum";
          case "alpha" -> "Alpha";
          case "ascii" -> "ASCII";
          case "blank" -> "Blank";
          case "cntrl" -> "Cntrl";
          case "digit" -> "Digit";
          case "graph" -> "Graph";
          case "lower" -> "Lower";
          case "print" -> "Print";
          case "punct" -> "Punct";
          case "space" -> "Space";
          case "upper" -> "Upper";
          case "xdigit" -> "XDigit";
          default -> "";
        };
    if (java8.isEmpty()) {
      if (!name.equals("word")) {
        throw new Failure("this regular expression has a class of characters that Go has not");
      }
      java.append(not ? "\\W" : "\\w");
    } else {
      java.append(not ? "\\P{" : "\\p{").append(java8).append('}');
    }
    return close + 2;
  }

  /** Text that pays for each character that is looked at. */
  private static final class Watched implements CharSequence {
    private final String text;
    private final Budget budget;

    Watched(String text, Budget budget) {
      this.text = text;
      this.budget = budget;
    }

    @Override
    public char charAt(int index) {
      budget.look();
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return "[text]";
    }
  }
}
