namespace Fulcrum.Tasks.Harness;

/// <summary>Python's <c>random.Random</c>: the Mersenne Twister (Matsumoto and Nishimura 1998) and the draws that are
/// made from it.</summary>
internal sealed class PythonRandom
{
    private const int Size = 624,
        Middle = 397;
    private readonly uint[] state = new uint[Size];
    private int next = Size;

    /// <summary>Starts a sequence as <c>random.Random(seed)</c> does.</summary>
    /// <param name="seed">Not negative.</param>
    public PythonRandom(uint seed)
    {
        Initialise(19650218);
        int i = 1;
        for (int k = 0; k < Size; k++)
        {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1664525)) + seed;
            i = Following(i);
        }

        for (int k = 0; k < Size - 1; k++)
        {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941)) - (uint)i;
            i = Following(i);
        }

        state[0] = 0x80000000;
    }

    /// <summary>A number from 0 to below 1 with 53 random bits.</summary>
    public double Next() => ((Word() >> 5) * 67108864.0 + (Word() >> 6)) / 9007199254740992.0;

    /// <summary>A whole number from 0 to below <paramref name="limit"/>: drawn bits, rejected where they are too
    /// large.</summary>
    public int Below(int limit)
    {
        int bits = 32 - int.LeadingZeroCount(limit);
        uint drawn = Word() >> (32 - bits);
        while (drawn >= limit)
        {
            drawn = Word() >> (32 - bits);
        }

        return (int)drawn;
    }

    /// <summary>Indices of <c>random.sample(pool, count)</c> for a pool of a size, in the order in which they are
    /// drawn.</summary>
    public int[] Sample(int pool, int count)
    {
        double set = 21 + (count > 5 ? Math.Pow(4, Math.Ceiling(Math.Log(count * 3.0) / Math.Log(4))) : 0);
        return pool <= set ? FromPool(pool, count) : FromSet(pool, count);
    }

    private int[] FromPool(int size, int count)
    {
        int[] pool = [.. Enumerable.Range(0, size)],
            drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            int j = Below(size - i);
            drawn[i] = pool[j];
            pool[j] = pool[size - i - 1];
        }

        return drawn;
    }

    private int[] FromSet(int size, int count)
    {
        HashSet<int> seen = [];
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            do
            {
                drawn[i] = Below(size);
            } while (!seen.Add(drawn[i]));
        }

        return drawn;
    }

    private int Following(int i)
    {
        if (++i < Size)
        {
            return i;
        }

        state[0] = state[Size - 1];
        return 1;
    }

    private void Initialise(uint seed)
    {
        state[0] = seed;
        for (int i = 1; i < Size; i++)
        {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >> 30)) + (uint)i;
        }
    }

    private uint Word()
    {
        if (next == Size)
        {
            Refill();
        }

        uint y = state[next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    private void Refill()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (state[i] & 0x80000000) | (state[(i + 1) % Size] & 0x7fffffff);
            state[i] = state[(i + Middle) % Size] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }

        next = 0;
    }
}
