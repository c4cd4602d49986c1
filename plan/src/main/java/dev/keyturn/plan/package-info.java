/**
 * The language in which a workload says what it needs: {@linkplain dev.keyturn.plan.Reference
 * references} to secrets, collected in a {@linkplain dev.keyturn.plan.Plan plan}. Pure: no input or
 * output, no secret; a plan is safe in git, in a pod spec and in a log.
 */
@NullMarked
package dev.keyturn.plan;

import org.jspecify.annotations.NullMarked;
