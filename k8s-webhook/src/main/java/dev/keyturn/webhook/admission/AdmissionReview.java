package dev.keyturn.webhook.admission;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request of an API server ({@code admission.k8s.io/v1}), and the answers to it.
 *
 * @param uid names the request; the answer carries it back
 * @param pod the pod to decide on; empty where the request is for anything else, which is allowed
 */
public record AdmissionReview(String uid, Optional<Pod> pod) {
  /**
   * Far more than a pod of 100 containers and 10,000 annotations has. Each takes some 50 bytes of
   * heap and may be two bytes of the body, so that the body's length alone bounds little.
   */
  private static final int MAX_TOKENS = 150_000;

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
              // Reviews are read on two threads, which need no queue of buffers between them.
              .recyclerPool(JsonRecyclerPools.threadLocalPool())
              .build());

  private static final String API_VERSION = "admission.k8s.io/v1";
  private static final String KIND = "AdmissionReview";

  /**
   * Reads a request.
   *
   * @throws MalformedReviewException if it is none
   */
  public static AdmissionReview read(InputStream body) {
    JsonNode review;
    try {
      review = JSON.readTree(body);
    } catch (JacksonException e) {
      // Not its message: that repeats parts of the input.
      TokenStreamLocation at = e.getLocation();
      throw new MalformedReviewException(
          "the body is not JSON"
              + (at == null
                  ? ""
                  : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
    }
    String apiVersion = review.path("apiVersion").asString("");
    if (!apiVersion.equals(API_VERSION) || !review.path("kind").asString("").equals(KIND)) {
      throw new MalformedReviewException(
          "the body is no " + KIND + " of " + API_VERSION + ", the one version served here");
    }
    JsonNode request = review.path("request");
    String uid = request.path("uid").asString("");
    if (uid.isEmpty()) {
      throw new MalformedReviewException("the review has no request.uid");
    }
    if (!asksForNewPod(request)) {
      return new AdmissionReview(uid, Optional.empty());
    }
    if (!(request.path("object") instanceof ObjectNode object)) {
      throw new MalformedReviewException("request.object is not an object");
    }
    return new AdmissionReview(
        uid, Optional.of(new Pod(object, request.path("namespace").asString(""))));
  }

  /** Containers can't be added to a pod later on, so only its creation matters. */
  private static boolean asksForNewPod(JsonNode request) {
    JsonNode kind = request.path("kind");
    return kind.path("group").asString("").isEmpty()
        && kind.path("version").asString("").equals("v1")
        && kind.path("kind").asString("").equals("Pod")
        && request.path("operation").asString("").equals("CREATE")
        && request.path("subResource").asString("").isEmpty();
  }

  /** The answer to this request, as JSON. */
  public byte[] answer(Admission admission) {
    var answer = new ByteArrayOutputStream(8192);
    // Base64 has nothing to escape. Made first: a generator inside of another needs more buffers.
    byte[] patch =
        admission instanceof Admission.Patched patched
            ? Base64.getEncoder().encode(JSON.writeValueAsBytes(patched.patch()))
            : new byte[0];
    try (JsonGenerator json = JSON.createGenerator(answer)) {
      json.writeStartObject();
      json.writeStringProperty("apiVersion", API_VERSION);
      json.writeStringProperty("kind", KIND);
      json.writeObjectPropertyStart("response");
      json.writeStringProperty("uid", uid);
      json.writeBooleanProperty("allowed", !(admission instanceof Admission.Denied));
      switch (admission) {
        case Admission.Unchanged _ -> {}
        case Admission.Patched patched -> {
          json.writeStringProperty("patchType", "JSONPatch");
          json.writeName("patch");
          json.writeRawUTF8String(patch, 0, patch.length);
          json.writeArrayPropertyStart("warnings");
          patched.warnings().forEach(json::writeString);
          json.writeEndArray();
        }
        case Admission.Denied denied -> {
          json.writeObjectPropertyStart("status");
          json.writeStringProperty("status", "Failure");
          json.writeNumberProperty("code", 400);
          json.writeStringProperty("reason", "BadRequest");
          json.writeStringProperty("message", denied.message());
          json.writeEndObject();
        }
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    return answer.toByteArray();
  }
}
