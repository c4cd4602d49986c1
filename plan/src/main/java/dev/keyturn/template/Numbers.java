package dev.keyturn.template;

import dev.keyturn.template.Values.Unsigned;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Numbers as Go reads, adds and writes them. */
final class Numbers {
  private Numbers() {}

  /**
   * A number as Go's {@code strconv.FormatFloat} writes it.
   *
   * @param verb {@code e}, {@code f} or {@code g}
   * @param precision -1 for as many digits as it takes to read the same number
   */
  static String format(double value, char verb, int precision) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    BigDecimal exact =
        precision < 0
            ? new BigDecimal(Double.toString(Math.abs(value)))
            : new BigDecimal(Math.abs(value));
    String text =
        switch (verb) {
          case 'f' -> fixed(exact, precision);
          case 'e' -> scientific(exact, precision);
          default -> general(exact, precision);
        };
    return negative ? "-" + text : text;
  }

  private static String fixed(BigDecimal value, int precision) {
    if (precision >= 0) {
      return value.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    }
    BigDecimal stripped = value.stripTrailingZeros();
    return (stripped.scale() < 0 ? stripped.setScale(0) : stripped).toPlainString();
  }

  private static String scientific(BigDecimal value, int precision) {
    BigDecimal rounded = significant(value, precision < 0 ? -1 : precision + 1);
    String digits = rounded.unscaledValue().toString();
    int exponent = value.signum() == 0 ? 0 : digits.length() - 1 - rounded.scale();
    int wanted = precision < 0 ? digits.length() : precision + 1;
    var text = new StringBuilder(digits);
    while (text.length() < wanted) {
      text.append('0');
    }
    if (text.length() > 1) {
      text.insert(1, '.');
    }
    int size = Math.abs(exponent);
    return text.append(exponent < 0 ? "e-" : "e+")
        .append(size < 10 ? "0" : "")
        .append(size)
        .toString();
  }

  private static String general(BigDecimal value, int precision) {
    int wanted = precision == 0 ? 1 : precision;
    BigDecimal rounded = significant(value, wanted);
    int digits = rounded.precision();
    int point = rounded.signum() == 0 ? 1 : digits - rounded.scale();
    int limit = wanted > digits && digits >= point ? digits : wanted;
    limit = wanted < 0 ? 6 : limit;
    int exponent = point - 1;
    if (rounded.signum() != 0 && (exponent < -4 || exponent >= limit)) {
      return scientific(rounded, digits - 1);
    }
    return fixed(rounded, Math.max(digits - point, 0));
  }

  /** Rounded to so many digits, without zeros at the end. */
  private static BigDecimal significant(BigDecimal value, int digits) {
    BigDecimal rounded =
        digits < 0 || value.signum() == 0
            ? value
            : value.round(new java.math.MathContext(digits, RoundingMode.HALF_EVEN));
    return rounded.signum() == 0 ? BigDecimal.ZERO : rounded.stripTrailingZeros();
  }

  /** An operation of consul-template on two numbers, of which the second is the first operand. */
  static Object calculate(String operation, @Nullable Object b, @Nullable Object a) {
    for (Object operand : new Object[] {a, b}) {
      if (!(operand instanceof Long || operand instanceof Unsigned || operand instanceof Double)) {
        throw new Failure(
            "'"
                + operation
                + "' takes numbers, and this is of type "
                + Values.type(operand)
                + ": use parseInt or parseFloat");
      }
    }
    if (operation.equals("minimum") || operation.equals("maximum")) {
      boolean less = compare(a, b) < 0;
      boolean more = compare(a, b) > 0;
      return (operation.equals("minimum") ? less : more) ? value(a) : value(b);
    }
    if (a instanceof Double || b instanceof Double) {
      return real(operation, real(a), real(b));
    }
    boolean unsigned = a instanceof Unsigned && b instanceof Unsigned;
    long result = whole(operation, bits(a), bits(b), unsigned);
    return unsigned ? new Unsigned(result) : (Object) result;
  }

  private static Object value(@Nullable Object number) {
    return number == null ? 0L : number;
  }

  private static int compare(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Double || b instanceof Double) {
      return real(a) < real(b) ? -1 : real(a) > real(b) ? 1 : 0;
    }
    return a instanceof Unsigned && b instanceof Unsigned
        ? Long.compareUnsigned(bits(a), bits(b))
        : Long.compare(bits(a), bits(b));
  }

  private static double real(String operation, double a, double b) {
    return switch (operation) {
      case "add" -> a + b;
      case "subtract" -> a - b;
      case "multiply" -> a * b;
      case "divide" -> a / b;
      default -> throw new Failure("'modulo' takes whole numbers");
    };
  }

  private static long whole(String operation, long a, long b, boolean unsigned) {
    if (b == 0 && (operation.equals("divide") || operation.equals("modulo"))) {
      throw new Failure("'" + operation + "' by zero");
    }
    return switch (operation) {
      case "add" -> a + b;
      case "subtract" -> a - b;
      case "multiply" -> a * b;
      case "divide" -> unsigned ? Long.divideUnsigned(a, b) : a / b;
      default -> unsigned ? Long.remainderUnsigned(a, b) : a % b;
    };
  }

  private static long bits(@Nullable Object number) {
    return number instanceof Unsigned unsigned
        ? unsigned.bits()
        : number instanceof Long whole ? whole : 0;
  }

  private static double real(@Nullable Object number) {
    return switch (number) {
      case Double value -> value;
      case Long value -> value;
      case Unsigned value -> new BigDecimal(value.toString()).doubleValue();
      case null, default -> 0;
    };
  }
}
