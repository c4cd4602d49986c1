package dev.keyturn.sidecar.sops;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Shamir's secret sharing ("How to share a secret", 1979), byte by byte in the field of AES (FIPS
 * 197, section 4): the share of a secret has a byte y for each of its bytes, and at its end the x
 * at which the polynomials were evaluated; the secret is what they are at 0.
 */
final class Shamir {
  private Shamir() {}

  /**
   * What the shares are of; each too few or wrong gives other bytes, not an error.
   *
   * @param shares two or more
   * @return a new array, which the caller wipes
   */
  static byte[] combine(List<byte[]> shares) throws SopsException {
    int length = shares.getFirst().length;
    Set<Byte> places = new HashSet<>();
    for (byte[] share : shares) {
      byte x = share.length == 0 ? 0 : share[share.length - 1];
      if (share.length != length || length < 2 || x == 0 || !places.add(x)) {
        throw new SopsException("the parts of its data key do not belong together");
      }
    }
    byte[] secret = new byte[length - 1];
    for (byte[] share : shares) {
      int weight = weight(share, shares);
      for (int i = 0; i < secret.length; i++) {
        secret[i] ^= (byte) multiply(share[i] & 0xff, weight);
      }
    }
    return secret;
  }

  /** Lagrange's basis polynomial of a share at 0: the product of x(j) / (x(j) - x(i)). */
  private static int weight(byte[] share, List<byte[]> shares) {
    int x = share[share.length - 1] & 0xff;
    int weight = 1;
    for (byte[] other : shares) {
      int otherX = other[other.length - 1] & 0xff;
      if (otherX != x) {
        weight = multiply(weight, multiply(otherX, inverse(otherX ^ x)));
      }
    }
    return weight;
  }

  /** The field has 255 elements beside 0, so that the power of 254 is the inverse. */
  private static int inverse(int a) {
    int power = 1;
    for (int i = 0; i < 254; i++) {
      power = multiply(power, a);
    }
    return power;
  }

  /** Without a branch on what is multiplied. */
  private static int multiply(int a, int b) {
    int product = 0;
    for (int bit = 7; bit >= 0; bit--) {
      product = (product << 1) ^ (-(product >> 7) & 0x11b);
      product ^= -(b >> bit & 1) & a;
    }
    return product;
  }
}
