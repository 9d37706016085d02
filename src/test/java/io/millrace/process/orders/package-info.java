/** An application that writes to its database and sends to Millrace, in one JTA transaction; it runs in an application server of its own. */
package io.millrace.process.orders;
