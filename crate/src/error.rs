//! What a kernel or the boundary can refuse. `ts/errors.ts` mirrors the numbers; a test compares both tables.

/// Why a call was refused; 0 is kept for success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
    /// Linear memory is exhausted.
    OutOfMemory = 1,
    /// The address is not the start of a live allocation.
    UnknownAllocation = 2,
    /// A range does not lie inside one live allocation.
    OutOfBounds = 3,
    /// An address is not a multiple of four.
    Misaligned = 4,
    /// An output range overlaps another argument.
    Overlap = 5,
    /// The convolution geometry has no valid output.
    InvalidGeometry = 6,
    /// A product of sizes does not fit the address space.
    SizeOverflow = 7,
    /// The workspace is smaller than the kernel asks for.
    WorkspaceTooSmall = 8,
    /// An activation, pass or variant code is not known.
    UnknownCode = 9,
}

/// Multiplies sizes, refusing what does not fit the address space.
pub fn checked_product(sizes: &[usize]) -> Result<usize, Error> {
    let mut product: usize = 1;
    for &size in sizes {
        product = product.checked_mul(size).ok_or(Error::SizeOverflow)?;
    }
    // In bytes, as float32, it must fit 32 bits.
    if product > (u32::MAX / 4) as usize {
        return Err(Error::SizeOverflow);
    }
    Ok(product)
}
