/** What an operator decides for the namespaces of an environment: defaults and limits. */
@NullMarked
package dev.keyturn.webhook.profile;

import org.jspecify.annotations.NullMarked;
