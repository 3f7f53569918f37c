using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The pool of few-shot examples and how they are drawn.</summary>
/// <param name="rows">Read only if an example is needed.</param>
/// <param name="ownRow">Whether the pool can contain the asked row, which must not be its own example.</param>
internal sealed class HarnessPool(HarnessConfig config, Func<IReadOnlyList<TemplateMap>> rows, bool ownRow)
{
    private readonly Lazy<IReadOnlyList<TemplateMap>> rows = new(rows);
    private readonly PythonRandom random = new(1234);

    /// <summary>Returns the examples of the next row.</summary>
    /// <exception cref="InputException">The pool is too small.</exception>
    public IEnumerable<HarnessRow> Examples(HarnessRow asked, int count)
    {
        if (count == 0)
        {
            return [];
        }

        IReadOnlyList<TemplateMap> pool = rows.Value;
        int[] places = config.Examples.FirstOnes ? First(asked, pool, count) : Drawn(asked, pool, count);
        return [.. places.Select(p => new HarnessRow(p, pool[p]))];
    }

    /// <summary>Draws the examples of a row that is not asked, so that those of later rows stay the same.</summary>
    public void Skip(HarnessRow asked, int count)
    {
        if (count > 0 && !config.Examples.FirstOnes)
        {
            _ = Drawn(asked, rows.Value, count);
        }
    }

    private int[] First(HarnessRow asked, IReadOnlyList<TemplateMap> pool, int count)
    {
        int[] others = [.. Enumerable.Range(0, pool.Count).Where(i => !ownRow || !IsSame(pool[i], asked)).Take(count)];
        return others.Length == count ? others : throw TooFew(count, others.Length);
    }

    private int[] Drawn(HarnessRow asked, IReadOnlyList<TemplateMap> pool, int count)
    {
        int wanted = ownRow ? count + 1 : count;
        int[] drawn = wanted <= pool.Count ? random.Sample(pool.Count, wanted) : throw TooFew(wanted, pool.Count);
        if (!ownRow)
        {
            return drawn;
        }

        int[] others = [.. drawn.Where(i => !IsSame(pool[i], asked)).Take(count)];
        return others.Length == count ? others : DrawnWithout(asked, pool, count);
    }

    private int[] DrawnWithout(HarnessRow asked, IReadOnlyList<TemplateMap> pool, int count)
    {
        int[] left = [.. Enumerable.Range(0, pool.Count).Where(i => !IsSame(pool[i], asked))];
        return count <= left.Length
            ? [.. random.Sample(left.Length, count).Select(i => left[i])]
            : throw TooFew(count, left.Length);
    }

    private InputException TooFew(int wanted, int have) =>
        config.Error($"num_fewshot asks for {wanted} examples to draw from, but only {have} rows are available");

    private static bool IsSame(TemplateMap row, HarnessRow asked) => TemplateValues.AreEqual(row, asked.Values);
}
