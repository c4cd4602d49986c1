package dev.keyturn.sidecar.sops;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Numbers as sops counts them into the MAC: as Go's {@code strconv} writes them. */
final class Numbers {
  private Numbers() {}

  /** Like {@code FormatFloat(value, 'f', -1, 64)}. */
  static Tree.Leaf floating(double value) {
    String text;
    if (Double.isNaN(value)) {
      text = "NaN";
    } else if (Double.isInfinite(value)) {
      text = value > 0 ? "+Inf" : "-Inf";
    } else if (value == 0) {
      text = 1 / value < 0 ? "-0" : "0";
    } else {
      text = new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
    return Tree.Leaf.of(Tree.Kind.FLOAT, text);
  }

  /** Like {@code Itoa}; null where the digits are no 64-bit number. */
  static Tree.@Nullable Leaf whole(String digits, int radix) {
    try {
      return Tree.Leaf.of(Tree.Kind.INT, Long.toString(Long.parseLong(digits, radix)));
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
