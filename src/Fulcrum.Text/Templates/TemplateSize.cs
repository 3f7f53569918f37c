using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Fulcrum.Templates;

/// <summary>Limits the size of a template's values and its running time. A template is untrusted: two lines can double
/// a text in a loop.</summary>
internal static class TemplateSize
{
    /// <summary>The largest number of characters and elements of one value. Inner values count as often as they
    /// occur.</summary>
    public const int Most = 1 << 24;

    private const long MostComparisons = 1L << 38;

    private const int Deepest = 100,
        MostSeconds = 20;

    /// <summary>The largest number of bytes that one run of a template may allocate, freed bytes included: 768
    /// MiB.</summary>
    /// <remarks>This also bounds the values that are in memory at the same time.</remarks>
    public const long MostAllocated = 3L << 28;

    [ThreadStatic]
    private static long began,
        allocatedBefore;

    /// <summary>Starts the limits of time and memory for a template on this thread.</summary>
    public static void Begin() =>
        (began, allocatedBefore) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());

    /// <summary>Throws if time, memory or stack is exhausted. It is called wherever work repeats.</summary>
    public static void Tick(int line)
    {
        if (Stopwatch.GetElapsedTime(began).TotalSeconds > MostSeconds)
        {
            throw TemplateText.Error(line, $"the template runs longer than {MostSeconds} s");
        }

        if (GC.GetAllocatedBytesForCurrentThread() - allocatedBefore > MostAllocated)
        {
            throw TemplateText.Error(line, $"the template's values need more than {MostAllocated >> 20} MiB");
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateText.Error(line, "the template nests too deep");
        }
    }

    /// <summary>Returns the value.</summary>
    /// <exception cref="InputException">The value is too large or nested too deep to be printed, compared or copied.
    /// The message names the line.</exception>
    public static object? Checked(object? value, int line)
    {
        Tick(line);
        long left = Most;
        return Fits(value, ref left, 0) ? value : throw TooLarge(line);
    }

    /// <summary>Refuses a value of a number of parts before it is built.</summary>
    /// <param name="size">Characters or elements of one part.</param>
    public static void Check(long parts, long size, int line)
    {
        if (parts > 0 && size > Most / parts)
        {
            throw TooLarge(line);
        }
    }

    /// <summary>Refuses a search that could take longer than a template may run: in the worst case each character of
    /// the part is compared at each place of the text.</summary>
    /// <exception cref="InputException">Both are too long. The message names the line.</exception>
    public static void CheckSearch(string text, string part, int line)
    {
        if ((text.Length - (long)part.Length + 1) * part.Length > MostComparisons)
        {
            throw TemplateText.Error(
                line,
                $"{part.Length} characters are searched in {text.Length}, which may take too long"
            );
        }
    }

    private static InputException TooLarge(int line) => TemplateText.Error(line, "a value grows without end");

    private static bool Fits(object? value, ref long left, int depth)
    {
        left -= value is string text ? text.Length + 1 : 1;
        if (left < 0 || depth > Deepest)
        {
            return false;
        }

        switch (value)
        {
            case List<object?> list:
                return AllFit(list, ref left, depth);
            case TemplateGenerator generator:
                return AllFit(generator.Left, ref left, depth);
            case TemplateMap map:
                foreach ((string key, object? item) in map)
                {
                    left -= key.Length;
                    if (!Fits(item, ref left, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return true;
        }
    }

    private static bool AllFit(IReadOnlyList<object?> items, ref long left, int depth)
    {
        foreach (object? item in items)
        {
            if (!Fits(item, ref left, depth + 1))
            {
                return false;
            }
        }

        return true;
    }
}
