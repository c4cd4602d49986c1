/**
 * AWS: Parameter Store, Secrets Manager and KMS, by the AWS SDK. The providers name no class of the
 * SDK, which is loaded by the first read.
 */
@NullMarked
package dev.keyturn.sidecar.aws;

import org.jspecify.annotations.NullMarked;
