namespace Fulcrum.Runs;

/// <summary>The energy of a machine's processor packages while a stage ran.</summary>
/// <param name="Joules">The energy of other stages and other programs at the same time is included.</param>
/// <param name="Started">When the stage began; null: unknown.</param>
/// <param name="Machine">Distinguishes the machine from others; null: unknown.</param>
internal sealed record EnergyUse(double Joules, DateTimeOffset? Started = null, string? Machine = null)
{
    /// <summary>Returns the energy of stages together, in joules; null if it is unknown for one of them. Where several
    /// stages ran on one machine at the same time, each reports the energy of all of them, so their mean power
    /// counts there. See docs/method.md, "Energy".</summary>
    public static double? Sum(IReadOnlyList<Manifest> stages)
    {
        if (stages.Count == 0 || stages.Any(s => s.Joules is null))
        {
            return null;
        }

        ILookup<bool, Manifest> timed = stages.ToLookup(s => s.Started is not null && s.Seconds > 0);
        return timed[false].Sum(s => s.Joules)
            + timed[true].GroupBy(s => s.Machine, StringComparer.Ordinal).Sum(OfMachine);
    }

    private static double OfMachine(IEnumerable<Manifest> stages)
    {
        DateTimeOffset begin = stages.Min(s => s.Started!.Value);
        (double At, double Watts, int Count)[] changes =
        [
            .. stages
                .SelectMany(s =>
                {
                    double from = (s.Started!.Value - begin).TotalSeconds,
                        watts = s.Joules!.Value / s.Seconds;
                    return ((double, double, int)[])[(from, watts, 1), (from + s.Seconds, -watts, -1)];
                })
                .OrderBy(c => c.Item1),
        ];
        double joules = 0,
            watts = 0;
        int running = 0;
        for (int i = 0; i < changes.Length; i++)
        {
            joules += running > 0 ? watts / running * (changes[i].At - changes[i - 1].At) : 0;
            running += changes[i].Count;
            // Rounding errors of a sum that should be 0 do not stay.
            watts = running == 0 ? 0 : watts + changes[i].Watts;
        }

        return joules;
    }
}
