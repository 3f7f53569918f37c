using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Fulcrum;

/// <summary>The random source of everything that is not a tensor: the same numbers on every platform, for a seed and a purpose.</summary>
/// <remarks>xoshiro256** (Blackman and Vigna, arXiv:1805.01407), its state from SHA-256 of the seed and the purpose, so streams of different purposes are independent.</remarks>
public sealed class RandomStream
{
    private readonly ulong[] state = new ulong[4];

    private RandomStream(ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt64LittleEndian(key[(i * 8)..]);
        }
    }

    /// <summary>The stream of a seed and a purpose; equal arguments give equal streams.</summary>
    public static RandomStream For(long seed, string purpose) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}")));

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(state[1] * 5, 7) * 9, t = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= t;
        state[3] = BitOperations.RotateLeft(state[3], 45);
        return result;
    }

    /// <summary>A whole number from 0 to below <paramref name="bound"/>, each equally likely.</summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong range = (ulong)bound, limit = ulong.MaxValue - (ulong.MaxValue % range);
        ulong bits;
        do
        {
            bits = NextBits();
        }
        while (bits >= limit);
        return (int)(bits % range);
    }

    /// <summary>A number from 0 to below 1, in steps of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    /// <summary>A random order of the items (Fisher and Yates); the argument stays as it is.</summary>
    public T[] Shuffle<T>(IEnumerable<T> items)
    {
        T[] order = [.. items];
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
