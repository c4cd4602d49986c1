package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Struct;
import dev.keyturn.template.Values.Unsigned;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes values as Go's {@code fmt} does. */
final class Format {
  /** What Go's {@code fmt} takes for a width or a precision. */
  private static final int MAX_WIDTH = 1_000_000;

  private final Budget budget;
  private final Budget.Text out;
  private boolean sharp;
  private boolean zero;
  private boolean plus;
  private boolean minus;
  private boolean space;
  private boolean sharpV;
  private boolean plusV;
  private int width;
  private int precision;

  Format(Budget budget, Budget.Text out) {
    this.budget = budget;
    this.out = out;
    clear();
  }

  private void clear() {
    sharp = false;
    zero = false;
    plus = false;
    minus = false;
    space = false;
    sharpV = false;
    plusV = false;
    width = -1;
    precision = -1;
  }

  /** Writes one value as a template does. */
  void plain(@Nullable Object value) {
    verb(value, 'v', true);
  }

  void print(List<@Nullable Object> values) {
    boolean before = true;
    boolean first = true;
    for (Object value : values) {
      boolean text = value instanceof String || value instanceof JsonNumber;
      if (!first && !text && !before) {
        out.add(' ');
      }
      verb(value, 'v', false);
      before = text;
      first = false;
    }
  }

  void println(List<@Nullable Object> values) {
    String separator = "";
    for (Object value : values) {
      out.add(separator);
      verb(value, 'v', false);
      separator = " ";
    }
    out.add('\n');
  }

  /** The state of reading a format. */
  private static final class Cursor {
    final String format;
    final List<@Nullable Object> values;
    int at;
    int next;
    boolean indexed;
    boolean reordered;
    boolean good = true;

    Cursor(String format, List<@Nullable Object> values) {
      this.format = format;
      this.values = values;
    }

    boolean isAtEnd() {
      return at >= format.length();
    }

    boolean isAt(char c) {
      return !isAtEnd() && format.charAt(at) == c;
    }

    /** Reads an index such as {@code [2]}, if there is one. */
    void index() {
      if (!isAt('[')) {
        indexed = false;
        return;
      }
      reordered = true;
      int close = format.indexOf(']', at);
      int index = close < 0 ? -1 : number(format.substring(at + 1, close));
      good &= index > 0 && index <= values.size();
      if (good) {
        next = index - 1;
      }
      indexed = index > 0;
      at = close < 0 ? at + 1 : close + 1;
    }

    /** A number read from the format; -1 where there is none. */
    int number() {
      int start = at;
      while (!isAtEnd() && format.charAt(at) >= '0' && format.charAt(at) <= '9') {
        at++;
      }
      int number = start == at ? -1 : number(format.substring(start, at));
      if (start != at && number < 0) {
        at = format.length();
      }
      return number;
    }

    private static int number(String digits) {
      if (digits.isEmpty() || digits.length() > 7) {
        return -1;
      }
      int number = 0;
      for (int i = 0; i < digits.length(); i++) {
        char c = digits.charAt(i);
        if (c < '0' || c > '9') {
          return -1;
        }
        number = 10 * number + c - '0';
      }
      return number > MAX_WIDTH ? -1 : number;
    }

    /** A number among the values; -MAX_WIDTH - 1 where there is none. */
    int star() {
      at++;
      int number = -MAX_WIDTH - 1;
      if (next < values.size()
          && values.get(next) instanceof Long value
          && Math.abs(value) <= MAX_WIDTH) {
        number = (int) (long) value;
      }
      next += next < values.size() ? 1 : 0;
      indexed = false;
      return number;
    }
  }

  void printf(String format, List<@Nullable Object> values) {
    var cursor = new Cursor(format, values);
    while (!cursor.isAtEnd()) {
      int percent = format.indexOf('%', cursor.at);
      int end = percent < 0 ? format.length() : percent;
      out.add(format.substring(cursor.at, end));
      cursor.at = end + 1;
      if (percent >= 0) {
        budget.step(1);
        item(cursor);
      }
    }
    if (!cursor.reordered && cursor.next < values.size()) {
      clear();
      out.add("%!(EXTRA ");
      String separator = "";
      for (Object value : values.subList(cursor.next, values.size())) {
        out.add(separator);
        typed(value);
        separator = ", ";
      }
      out.add(')');
    }
  }

  private void typed(@Nullable Object value) {
    if (value == null) {
      out.add("<nil>");
    } else {
      out.add(Values.type(value)).add('=');
      verb(value, 'v', false);
    }
  }

  private void item(Cursor cursor) {
    clear();
    cursor.good = true;
    flags(cursor);
    cursor.index();
    width(cursor);
    precision(cursor);
    if (!cursor.indexed) {
      cursor.index();
    }
    if (cursor.isAtEnd()) {
      out.add("%!(NOVERB)");
      return;
    }
    int size = Bytes.size(cursor.format, cursor.at);
    String verb = cursor.format.substring(cursor.at, cursor.at + size);
    cursor.at += size;
    if (verb.equals("%")) {
      out.add('%');
    } else if (!cursor.good) {
      out.add("%!").add(verb).add("(BADINDEX)");
    } else if (cursor.next >= cursor.values.size()) {
      out.add("%!").add(verb).add("(MISSING)");
    } else {
      if (verb.equals("v")) {
        sharpV = sharp;
        sharp = false;
        plusV = plus;
        plus = false;
      }
      Object value = cursor.values.get(cursor.next++);
      if (size == 1) {
        verb(value, verb.charAt(0), false);
      } else {
        bad(value, verb);
      }
    }
  }

  private void flags(Cursor cursor) {
    for (; !cursor.isAtEnd(); cursor.at++) {
      switch (cursor.format.charAt(cursor.at)) {
        case '#' -> sharp = true;
        case '0' -> zero = true;
        case '+' -> plus = true;
        case '-' -> minus = true;
        case ' ' -> space = true;
        default -> {
          return;
        }
      }
    }
  }

  private void width(Cursor cursor) {
    if (!cursor.isAt('*')) {
      width = cursor.number();
      cursor.good &= !(cursor.indexed && width >= 0);
      return;
    }
    width = cursor.star();
    if (width < -MAX_WIDTH) {
      width = -1;
      out.add("%!(BADWIDTH)");
    } else if (width < 0) {
      width = -width;
      minus = true;
      zero = false;
    }
  }

  private void precision(Cursor cursor) {
    if (!cursor.isAt('.') || cursor.at + 1 >= cursor.format.length()) {
      return;
    }
    cursor.at++;
    cursor.good &= !cursor.indexed;
    cursor.index();
    if (cursor.isAt('*')) {
      precision = cursor.star();
      if (precision < 0) {
        precision = -1;
        out.add("%!(BADPREC)");
      }
    } else {
      precision = Math.max(cursor.number(), 0);
    }
  }

  /**
   * Writes a value.
   *
   * @param inside whether it is within another, or written by the template itself
   */
  private void verb(@Nullable Object value, char verb, boolean inside) {
    if (verb == 'T') {
      string(Values.type(value), 's');
      return;
    }
    switch (value) {
      case null -> {
        if (verb == 'v') {
          pad("<nil>");
        } else {
          bad(null, Character.toString(verb));
        }
      }
      case Boolean truth -> {
        if (verb == 'v' || verb == 't') {
          pad(truth.toString());
        } else {
          bad(value, Character.toString(verb));
        }
      }
      case Long number -> integer(value, number, true, verb);
      case Unsigned number -> integer(value, number.bits(), false, verb);
      case Double number -> real(number, verb);
      case String text -> string(value, text, verb);
      case JsonNumber number -> string(value, number.text(), verb);
      case List<?> list -> {
        budget.enter();
        String separator = "";
        out.add(sharpV ? "[]interface {}{" : "[");
        for (Object element : list) {
          out.add(separator);
          verb(element, verb, true);
          separator = sharpV ? ", " : " ";
        }
        out.add(sharpV ? '}' : ']');
        budget.leave();
      }
      case Map<?, ?> map -> {
        budget.enter();
        String separator = "";
        out.add(sharpV ? Values.type(map) + "{" : "map[");
        for (var entry : new TreeMap<>(Values.map(map)).entrySet()) {
          out.add(separator);
          verb(entry.getKey(), verb, true);
          out.add(':');
          verb(entry.getValue(), verb, true);
          separator = sharpV ? ", " : " ";
        }
        out.add(sharpV ? '}' : ']');
        budget.leave();
      }
      case Struct(String _, var fields) -> {
        budget.enter();
        out.add(inside ? "{" : "&{");
        String separator = "";
        for (var entry : fields.entrySet()) {
          out.add(separator);
          if (plusV) {
            out.add(entry.getKey()).add(':');
          }
          verb(entry.getValue(), verb, true);
          separator = " ";
        }
        out.add('}');
        budget.leave();
      }
      default -> throw new Failure("what is of type " + Values.type(value) + " can't be written");
    }
  }

  private void bad(@Nullable Object value, String verb) {
    out.add("%!").add(verb).add('(');
    if (value == null) {
      out.add("<nil>");
    } else {
      out.add(Values.type(value)).add('=');
      verb(value, 'v', true);
    }
    out.add(')');
  }

  private void string(String text, char verb) {
    string(text, text, verb);
  }

  private void string(Object value, String text, char verb) {
    switch (verb) {
      case 's' -> pad(cut(text));
      case 'v' -> pad(sharpV ? quote(cut(text), false) : cut(text));
      case 'q' -> {
        String part = cut(text);
        pad(sharp && canBeRaw(part) ? "`" + part + "`" : quote(part, plus));
      }
      case 'x' -> hex(text, "0123456789abcdef", 'x');
      case 'X' -> hex(text, "0123456789ABCDEF", 'X');
      default -> bad(value, Character.toString(verb));
    }
  }

  private String cut(String text) {
    if (precision < 0) {
      return text;
    }
    int at = 0;
    for (int i = 0; i < precision && at < text.length(); i++) {
      at += Bytes.size(text, at);
    }
    return text.substring(0, at);
  }

  private static boolean canBeRaw(String text) {
    for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
      int c = Bytes.codePoint(text, i);
      if (c < 0 || c == '`' || c == 0x7f || c == 0xfeff || (c < ' ' && c != '\t')) {
        return false;
      }
    }
    return true;
  }

  private void hex(String text, String digits, char x) {
    int length = precision >= 0 ? Math.min(precision, text.length()) : text.length();
    if (length == 0) {
      padding(width);
      return;
    }
    var hex = budget.build();
    for (int i = 0; i < length; i++) {
      if (space && i > 0) {
        hex.add(' ');
      }
      if (sharp && (space || i == 0)) {
        hex.add('0').add(x);
      }
      char c = text.charAt(i);
      hex.add(digits.charAt(c >> 4)).add(digits.charAt(c & 0xf));
    }
    pad(hex.done());
  }

  /** A string in double quotes, as Go writes it. */
  static String quote(String text, boolean ascii) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
      int c = Bytes.codePoint(text, i);
      if (c < 0) {
        quoted.append("\\x").append(hex(text.charAt(i), 2));
      } else {
        escape(c, '"', ascii, quoted);
      }
    }
    return quoted.append('"').toString();
  }

  private static void escape(int c, char quote, boolean ascii, StringBuilder to) {
    switch (c) {
      case 7 -> to.append("\\a");
      case '\b' -> to.append("\\b");
      case '\f' -> to.append("\\f");
      case '\n' -> to.append("\\n");
      case '\r' -> to.append("\\r");
      case '\t' -> to.append("\\t");
      case 11 -> to.append("\\v");
      case '\\' -> to.append("\\\\");
      default -> {
        if (c == quote) {
          to.append('\\').append(quote);
        } else if (Bytes.isPrintable(c) && (c < 0x80 || !ascii)) {
          to.append(Bytes.of(c));
        } else if (c < ' ' || c == 0x7f) {
          to.append("\\x").append(hex(c, 2));
        } else {
          to.append(c < 0x10000 ? "\\u" : "\\U").append(hex(c, c < 0x10000 ? 4 : 8));
        }
      }
    }
  }

  private static String hex(int number, int digits) {
    String hex = Integer.toHexString(number);
    return "0".repeat(Math.max(0, digits - hex.length())) + hex;
  }

  private void integer(Object value, long number, boolean signed, char verb) {
    switch (verb) {
      case 'v', 'd' -> {
        if (verb == 'v' && sharpV && !signed) {
          sharp = true;
          number(number, 16, false, 'x');
          sharp = false;
        } else {
          number(number, 10, signed, verb);
        }
      }
      case 'b' -> number(number, 2, signed, verb);
      case 'o', 'O' -> number(number, 8, signed, verb);
      case 'x', 'X' -> number(number, 16, signed, verb);
      case 'c' -> pad(Bytes.of(codePoint(number)));
      case 'q' -> {
        var quoted = new StringBuilder("'");
        escape(codePoint(number), '\'', plus, quoted);
        pad(quoted.append('\'').toString());
      }
      case 'U' -> {
        String hex = Long.toHexString(number).toUpperCase(java.util.Locale.ROOT);
        int least = Math.max(precision, 4);
        boolean shown = sharp && number >= 0 && number <= Character.MAX_CODE_POINT;
        boolean before = zero;
        zero = false;
        pad(
            "U+"
                + "0".repeat(Math.max(0, least - hex.length()))
                + hex
                + (shown && Bytes.isPrintable((int) number)
                    ? " '" + Bytes.of((int) number) + "'"
                    : ""));
        zero = before;
      }
      default -> bad(value, Character.toString(verb));
    }
  }

  private static int codePoint(long number) {
    return number >= 0 && number <= Character.MAX_CODE_POINT ? (int) number : 0xfffd;
  }

  private void number(long number, int base, boolean signed, char verb) {
    boolean negative = signed && number < 0;
    if (precision == 0 && number == 0) {
      boolean before = zero;
      zero = false;
      padding(width);
      zero = before;
      return;
    }
    int least = precision;
    if (precision < 0 && zero && !minus && width >= 0) {
      least = width - (negative || plus || space ? 1 : 0);
    }
    String digits = Long.toUnsignedString(negative ? -number : number, base);
    if (verb == 'X') {
      digits = digits.toUpperCase(java.util.Locale.ROOT);
    }
    var text = budget.build().repeat('0', least - digits.length()).add(digits);
    String prefix = "";
    if (sharp) {
      prefix =
          switch (base) {
            case 2 -> "0b";
            case 8 -> least > digits.length() || digits.startsWith("0") ? "" : "0";
            case 16 -> verb == 'X' ? "0X" : "0x";
            default -> "";
          };
    }
    prefix = verb == 'O' ? "0o" + prefix : prefix;
    String sign = negative ? "-" : plus ? "+" : space ? " " : "";
    boolean before = zero;
    zero = false;
    pad(sign + prefix + text.done());
    zero = before;
  }

  private void real(Double number, char verb) {
    switch (verb) {
      case 'v', 'g', 'G' -> real(number, 'g', precision, verb);
      case 'e', 'E' -> real(number, 'e', precision < 0 ? 6 : precision, verb);
      case 'f', 'F' -> real(number, 'f', precision < 0 ? 6 : precision, verb);
      default -> bad(number, Character.toString(verb));
    }
  }

  private void real(double number, char kind, int digits, char verb) {
    // Beyond this only zeros follow, and a large number of them is made by a padding.
    String text = Numbers.format(number, kind, Math.min(digits, 1100));
    if (digits > 1100 && kind != 'g') {
      text = budget.build().add(text).repeat('0', digits - 1100).done();
    }
    if (verb == 'G' || verb == 'E') {
      text = text.toUpperCase(java.util.Locale.ROOT);
    }
    boolean finite = !Double.isNaN(number) && !Double.isInfinite(number);
    char sign = text.charAt(0) == '-' || text.charAt(0) == '+' ? text.charAt(0) : '+';
    String plain = text.charAt(0) == sign ? text.substring(1) : text;
    if (sharp && finite) {
      plain = withPoint(plain, kind == 'g' ? (digits < 0 ? 6 : digits) : 0);
    }
    String shown = sign == '-' || plus ? Character.toString(sign) : space ? " " : "";
    if (Double.isInfinite(number) && shown.isEmpty()) {
      shown = "+";
    }
    if (!finite) {
      boolean before = zero;
      zero = false;
      pad(shown + plain);
      zero = before;
    } else if (zero && !minus && !shown.isEmpty() && width > plain.length() + 1) {
      out.add(shown);
      padding(width - plain.length() - 1);
      out.add(plain);
    } else {
      pad(shown + plain);
    }
  }

  /** With a decimal point, and zeros up to so many digits. */
  private static String withPoint(String number, int digits) {
    int e = number.indexOf('e') < 0 ? number.indexOf('E') : number.indexOf('e');
    String head = e < 0 ? number : number.substring(0, e);
    int left = digits;
    boolean counting = false;
    for (int i = 0; i < head.length(); i++) {
      counting |= head.charAt(i) != '0' && head.charAt(i) != '.';
      left -= counting && head.charAt(i) != '.' ? 1 : 0;
    }
    if (head.indexOf('.') < 0) {
      left -= head.equals("0") ? 1 : 0;
      head += ".";
    }
    return head + "0".repeat(Math.clamp(left, 0, 1100)) + (e < 0 ? "" : number.substring(e));
  }

  private void padding(int count) {
    out.repeat(zero && !minus ? '0' : ' ', count);
  }

  private void pad(String text) {
    int count = width <= 0 ? 0 : width - Bytes.count(text);
    if (!minus) {
      padding(count);
    }
    out.add(text);
    if (minus) {
      padding(count);
    }
  }
}
