using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

public sealed class EnergyMeterTests
{
    [Fact]
    public void Packages_are_added_their_parts_are_not_and_a_counter_may_wrap_around()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        Counter(root, "intel-rapl:0", 900_000_000);
        Counter(root, "intel-rapl:1", 5_000_000);
        Counter(root, "intel-rapl:0:0", 1);
        using EnergyMeter meter = new(root);

        Counter(root, "intel-rapl:0", 100_000_000); // wrapped at 1,000,000,000
        Counter(root, "intel-rapl:1", 8_000_000);
        Counter(root, "intel-rapl:0:0", 999_999_999);

        Assert.Equal(203, meter.Joules);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void A_machine_that_does_not_tell_gives_nothing() =>
        Assert.Null(new EnergyMeter(Path.Combine(Path.GetTempPath(), "no-such-folder")).Joules);

    [Theory]
    [InlineData(0, 0, "a", 100)] // the same energy, reported twice
    [InlineData(0, 10, "a", 200)] // one after the other
    [InlineData(0, 5, "a", 150)]
    [InlineData(0, 0, "b", 200)] // two machines
    public void Energy_of_stages_that_ran_at_the_same_time_counts_once(
        double first,
        double second,
        string machine,
        double joules
    ) =>
        Assert.Equal(
            joules,
            EnergyUse.Sum([Stage(first, 100, "a"), Stage(second, 100, machine)])!.Value,
            tolerance: 1e-6
        );

    [Fact]
    public void Sum_of_stages_without_times_is_plain_and_one_without_energy_has_none()
    {
        Manifest old = Stage(0, 100, "a") with { Started = null };

        Assert.Equal(200, EnergyUse.Sum([old, old with { Stage = "base" }]));
        Assert.Equal(200, EnergyUse.Sum([old, Stage(0, 100, "a")])!.Value, tolerance: 1e-6);
        Assert.Null(EnergyUse.Sum([old, old with { Joules = null }]));
        Assert.Null(EnergyUse.Sum([]));
    }

    [Fact]
    public void Moment_of_several_stages_has_their_mean_power()
    {
        // 100 W for 10 s and 50 W for 10 s, of which 5 s are the same: 500 + 375 + 250 J.
        Assert.Equal(1125, EnergyUse.Sum([Stage(0, 1000, "a"), Stage(5, 500, "a")])!.Value, tolerance: 1e-6);
    }

    private static Manifest Stage(double begin, double joules, string machine) =>
        new(
            "stage",
            "",
            new Dictionary<Files.RelativeName, string>(),
            10,
            new Dictionary<string, string>(),
            joules,
            Started: DateTimeOffset.UnixEpoch.AddSeconds(1e9 + begin),
            Machine: machine
        );

    private static void Counter(string root, string package, long microjoules)
    {
        string folder = Directory.CreateDirectory(Path.Combine(root, package)).FullName;
        File.WriteAllText(Path.Combine(folder, "energy_uj"), $"{microjoules}\n");
        File.WriteAllText(Path.Combine(folder, "max_energy_range_uj"), "1000000000\n");
    }
}
