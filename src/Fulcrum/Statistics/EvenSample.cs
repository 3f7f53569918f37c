namespace Fulcrum.Statistics;

/// <summary>Chooses some of many, evenly spread.</summary>
internal static class EvenSample
{
    /// <summary>Returns indices below <paramref name="count"/> at equal distances from each other: all of them, or
    /// <paramref name="most"/> at the most.</summary>
    public static int[] Of(int count, int most)
    {
        int step = Math.Max(1, (count + most - 1) / most);
        return [.. Enumerable.Range(0, count).Where(i => i % step == 0)];
    }
}
