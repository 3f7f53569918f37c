using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Fulcrum.Templates;

/// <summary>How large a template's values may become, and how long it may run. A template is untrusted
/// input: two lines can double a text in a loop.</summary>
internal static class TemplateSize
{
    /// <summary>Characters and elements of one value, everything inside it counted as often as it occurs.</summary>
    public const int Most = 1 << 24;

    private const int Deepest = 100,
        MostSeconds = 20;

    /// <summary>Bytes that one run of a template may allocate, whatever becomes of them: 768 MiB.</summary>
    /// <remarks>Values that variables, lists and calls hold at the same time can never be more than that.</remarks>
    public const long MostAllocated = 3L << 28;

    [ThreadStatic]
    private static long began,
        allocatedBefore;

    /// <summary>Begins the time of a template on this thread.</summary>
    public static void Begin() =>
        (began, allocatedBefore) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());

    /// <summary>Throws if the time limit is reached or the stack is nearly exhausted; called wherever work
    /// repeats.</summary>
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

    /// <summary>The value, unless it is too large or too deep to be printed, compared or copied.</summary>
    /// <exception cref="InputException">It is; names the line.</exception>
    public static object? Checked(object? value, int line)
    {
        Tick(line);
        long left = Most;
        return Fits(value, ref left, 0) ? value : throw TooLarge(line);
    }

    /// <summary>Refuses what would become too large, before it is made.</summary>
    public static void Check(long parts, long size, int line)
    {
        if (parts > 0 && size > Most / parts)
        {
            throw TooLarge(line);
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
