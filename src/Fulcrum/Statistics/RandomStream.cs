using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Fulcrum.Statistics;

/// <summary>A stream of random numbers for all choices outside libtorch. The same seed and purpose give the same
/// numbers on every platform.</summary>
/// <remarks>
/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", arXiv:1805.01407), whose four
/// words of state are the SHA-256 of <c>seed/purpose</c> in UTF-8, read little-endian. Streams of different purposes
/// are independent, so a new random choice somewhere changes none elsewhere. Not thread-safe.
/// </remarks>
public sealed class RandomStream
{
    private readonly ulong[] state = new ulong[4];

    private RandomStream(ReadOnlySpan<byte> digest)
    {
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt64LittleEndian(digest[(8 * i)..]);
        }
    }

    /// <summary>Returns the stream of a seed and a purpose (<c>sample spider</c>).</summary>
    public static RandomStream For(int seed, string purpose) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}/{purpose}"))));

    /// <summary>Returns a uniform integer from 0 to <paramref name="count"/> - 1, without bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ulong limit = ulong.MaxValue - (ulong.MaxValue % (ulong)count);
        ulong drawn = NextBits();
        while (drawn >= limit)
        {
            drawn = NextBits();
        }

        return (int)(drawn % (ulong)count);
    }

    /// <summary>Returns a uniform number in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Puts items into a uniformly random order (Fisher and Yates), in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>Returns 64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(state[1] * 5, 7) * 9;
        ulong shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = BitOperations.RotateLeft(state[3], 45);
        return result;
    }

    /// <summary>Returns a standard normal value (Box and Muller 1958, Ann. Math. Stat. 29:610).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Returns a copy of the items in a uniformly random order.</summary>
    public T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] order = [.. items];
        Shuffle(order.AsSpan());
        return order;
    }
}
