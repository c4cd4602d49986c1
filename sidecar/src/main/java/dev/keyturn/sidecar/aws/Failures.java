package dev.keyturn.sidecar.aws;

import dev.keyturn.sidecar.source.FetchException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * What became of a question to AWS. Its messages are repeated only where they begin with who may
 * not do what: others quote what was sent, which may be a session's token.
 */
final class Failures {
  /** No answer of AWS asks for more; what does is not AWS. */
  private static final long MAX_RETRY_SECONDS = 300;

  private Failures() {}

  /**
   * A question that was asked.
   *
   * @param what the reference or the key
   * @param action what the identity must be allowed to do
   */
  static FetchException of(String what, String action, SdkException e) {
    return e instanceof AwsServiceException service
        ? ofService(what, action, service)
        : FetchException.temporary(
            "%s: AWS does not answer: %s".formatted(what, withoutAnswer(e)), e);
  }

  private static FetchException ofService(String what, String action, AwsServiceException e) {
    String code = code(e);
    String told = "%s: AWS said %s (status %d)".formatted(what, code, e.statusCode());
    if (e.isThrottlingException()) {
      String message = told + ": too many requests in this account and region";
      return retryAfter(e)
          .map(pause -> FetchException.later(message, pause))
          .orElseGet(() -> FetchException.temporary(message, e));
    }
    return switch (code) {
      case "ParameterNotFound",
          "ParameterVersionNotFound",
          "ResourceNotFoundException",
          "NotFoundException" ->
          notFound(what);
      case "AccessDeniedException", "AccessDenied", "KMSAccessDeniedException" ->
          denied(what, action, message(e));
      case "DecryptionFailure", "InvalidKeyId", "DisabledException", "KMSInvalidStateException" ->
          FetchException.permanent(
              told
                  + ": the KMS key that encrypts it can't be used: see that it is enabled and not"
                  + " about to be deleted");
      case "InvalidCiphertextException", "IncorrectKeyException" ->
          FetchException.permanent(told + ": this was not encrypted with this key and context");
      case "InvalidRequestException" ->
          FetchException.permanent(
              told
                  + ": it is about to be deleted, or was never given a value: restore or write it");
      case "ExpiredTokenException", "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed" ->
          FetchException.temporary(
              told + ": the login is over; if this stays, compare this machine's clock", e);
      case "UnrecognizedClientException",
          "InvalidClientTokenId",
          "InvalidSignatureException",
          "SignatureDoesNotMatch",
          "IncompleteSignature" ->
          FetchException.permanent(
              told + ": AWS does not know these credentials: see where they come from");
      default ->
          e.statusCode() >= 500
              ? FetchException.temporary(told + ": it will be asked again", e)
              : FetchException.permanent(
                  told + ": correct the reference, or the plan's aws section");
    };
  }

  /** There is nothing, or not in this region: AWS does not tell the one from the other. */
  static FetchException notFound(String what) {
    return FetchException.permanent(
        what
            + ": AWS has no such thing in this account and region: write it, or correct the"
            + " reference or aws.region");
  }

  private static FetchException denied(String what, String action, String message) {
    boolean key = message.contains("kms:") || message.contains("KMS");
    String needed =
        key ? "kms:Decrypt on the key that encrypts it, in its policy too" : action + " on it";
    String who = message.startsWith("User: ") ? " (" + message + ")" : "";
    return FetchException.permanent(
        "%s: access denied: this identity needs %s%s".formatted(what, needed, who));
  }

  /**
   * A login that did not work.
   *
   * @param role that was to be taken on with the token
   */
  static FetchException ofLogin(
      String what, Optional<String> role, Path tokenFile, RuntimeException e) {
    if (role.isEmpty()) {
      return ofChain(what, e);
    }
    String told = "%s: cannot log in to AWS as %s: ".formatted(what, role.get());
    if (e instanceof AwsServiceException service) {
      String code = code(service);
      boolean heals =
          service.statusCode() >= 500
              || service.isThrottlingException()
              || code.startsWith("ExpiredToken")
              || code.equals("IDPCommunicationError");
      return heals
          ? FetchException.temporary(told + "STS said " + code, e)
          : FetchException.permanent(
              told
                  + "STS said "
                  + code
                  + ": the role's trust policy must allow sts:AssumeRoleWithWebIdentity to this"
                  + " cluster's OIDC provider, this service account and the token's audience");
    }
    if (cause(e, NoSuchFileException.class) != null) {
      return FetchException.permanent(
          told
              + "there is no token in "
              + tokenFile
              + ": have it mounted, or correct aws.token-file");
    }
    return FetchException.temporary(told + withoutAnswer(e), e);
  }

  /** The SDK's own chain: what each member lacks, without the SDK's prose. */
  private static FetchException ofChain(String what, RuntimeException e) {
    boolean webIdentity = System.getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != null;
    boolean container =
        System.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != null
            || System.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != null;
    String message =
        "%s: no AWS credentials: tried the environment's keys (none), web identity (%s), a profile (none that works), the container's or pod identity's agent (%s), the instance's role (no answer): %s"
            .formatted(
                what,
                webIdentity ? "failed: " + webIdentityReason(e) : "not set up",
                container ? "failed" : "not set up",
                webIdentity || container
                    ? "see the one that failed"
                    : "give the pod's service account a role, or say aws.role-arn");
    return webIdentity || container
        ? FetchException.temporary(message, e)
        : FetchException.permanent(message);
  }

  private static String webIdentityReason(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("AssumeRoleWithWebIdentity")
        ? "the role's trust policy does not allow this service account"
        : "STS did not give any";
  }

  private static String withoutAnswer(RuntimeException e) {
    if (cause(e, UnknownHostException.class) != null) {
      return "its host's name is unknown: see whether aws.region is right and DNS works";
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getClass().getSimpleName();
  }

  private static <T extends Throwable> @Nullable T cause(Throwable e, Class<T> kind) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (kind.isInstance(t)) {
        return kind.cast(t);
      }
    }
    return null;
  }

  private static String code(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    return details == null || details.errorCode() == null ? "nothing" : details.errorCode();
  }

  private static String message(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    return details == null || details.errorMessage() == null ? "" : details.errorMessage();
  }

  private static Optional<Duration> retryAfter(AwsServiceException e) {
    return Optional.ofNullable(e.awsErrorDetails())
        .map(AwsErrorDetails::sdkHttpResponse)
        .flatMap(response -> response.firstMatchingHeader("Retry-After"))
        .filter(text -> text.matches("[0-9]{1,6}"))
        .map(text -> Duration.ofSeconds(Math.min(Long.parseLong(text), MAX_RETRY_SECONDS)));
  }
}
