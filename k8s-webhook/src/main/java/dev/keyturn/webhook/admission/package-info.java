/**
 * What becomes of a pod: {@link dev.keyturn.webhook.admission.Injector} is a pure function of the
 * pod and the operator's settings. No input or output, no secret.
 */
@NullMarked
package dev.keyturn.webhook.admission;

import org.jspecify.annotations.NullMarked;
