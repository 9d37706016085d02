/**
 * Registers: versioned values that are changed by compare-and-set only.
 *
 * <p>Begin with {@link io.millrace.agreement.registers.RegisterStore}; {@code HazelcastRegisterStore} keeps them in CP, and
 * in the journals before anybody is told.
 */
package io.millrace.agreement.registers;
