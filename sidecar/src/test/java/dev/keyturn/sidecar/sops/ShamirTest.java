package dev.keyturn.sidecar.sops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShamirTest {
  /** By hand: 0x53 + 0xca x over AES's field, in which 0xca * 2 = 0x8f, and 0xca * 3 = 0x45. */
  @Test
  void aLineIsFoundFromAnyTwoOfItsPoints() throws Exception {
    byte[] first = HexFormat.of().parseHex("9901");
    byte[] second = HexFormat.of().parseHex("dc02");
    byte[] third = HexFormat.of().parseHex("1603");
    for (var two : List.of(List.of(first, second), List.of(third, first), List.of(second, third))) {
      assertThat(Shamir.combine(two)).containsExactly(0x53);
    }
    assertThat(Shamir.combine(List.of(first, second, third))).containsExactly(0x53);
  }

  @Test
  void sharesThatDoNotBelongTogetherAreRefused() {
    for (String other : List.of("9901", "990102", "01", "", "9900")) {
      assertThatThrownBy(
              () ->
                  Shamir.combine(
                      List.of(HexFormat.of().parseHex("5001"), HexFormat.of().parseHex(other))))
          .isInstanceOf(SopsException.class);
    }
  }
}
