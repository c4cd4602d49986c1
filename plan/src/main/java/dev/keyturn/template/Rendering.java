package dev.keyturn.template;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What came of rendering a template once.
 *
 * @param content empty where something is missing; wiped by the caller, who owns it
 * @param asked every request that the template made, in their order
 * @param missing those that were not answered
 */
@SuppressWarnings("ArrayRecordComponent") // not compared; prints no content
public record Rendering(byte[] content, Set<Request> asked, Set<Request> missing) {
  public Rendering {
    asked = Collections.unmodifiableSet(new LinkedHashSet<>(asked));
    missing = Collections.unmodifiableSet(new LinkedHashSet<>(missing));
  }

  @Override
  public String toString() {
    return "Rendering[" + asked.size() + " asked, " + missing.size() + " missing]";
  }
}
