package dev.keyturn.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the known word that somebody meant. Only known words come back, never the one given. */
public final class Spelling {
  private Spelling() {}

  /** {@code did you mean 'format'?}, or the known words where none is near. */
  public static String hint(String word, List<String> known) {
    String nearest = nearest(word, known);
    return nearest == null
        ? "known: " + String.join(", ", known)
        : "did you mean '" + nearest + "'?";
  }

  /** The known word with the fewest edits, if they are no more than a third of its letters. */
  public static @Nullable String nearest(String word, List<String> known) {
    return nearest(word, known, Integer.MAX_VALUE);
  }

  /**
   * The same, with fewer edits allowed.
   *
   * @param most edits; at least 1
   */
  static @Nullable String nearest(String word, List<String> known, int most) {
    String nearest = null;
    int fewest = Integer.MAX_VALUE;
    for (String candidate : known) {
      int allowed = Math.min(most, Math.max(1, candidate.length() / 3));
      if (Math.abs(candidate.length() - word.length()) > allowed) {
        continue;
      }
      int edits = edits(word, candidate, Math.min(allowed, fewest - 1));
      if (edits <= allowed && edits < fewest) {
        nearest = candidate;
        fewest = edits;
      }
    }
    return nearest;
  }

  /**
   * Insertions, deletions, substitutions and swaps of neighbours between two words.
   *
   * @param enough where counting may stop, as it can only grow
   */
  private static int edits(String a, String b, int enough) {
    int[][] rows = new int[a.length() + 1][b.length() + 1];
    int least = 0;
    for (int i = 0; i <= a.length() && least <= enough; i++) {
      least = Integer.MAX_VALUE;
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          least = Math.min(least, i + j);
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int best = rows[i - 1][j - 1] + (same ? 0 : 1);
        best = Math.min(best, Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, rows[i - 2][j - 2] + 1);
        }
        rows[i][j] = best;
        least = Math.min(least, best);
      }
    }
    return least > enough ? least : rows[a.length()][b.length()];
  }
}
