/** JSON patches: what an admission webhook answers with. */
@NullMarked
package dev.keyturn.webhook.patch;

import org.jspecify.annotations.NullMarked;
