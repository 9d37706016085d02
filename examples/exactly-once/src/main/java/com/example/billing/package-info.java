/** An application that reads, transforms and writes exactly once. Begin with {@code Billing}. */
package com.example.billing;
