using Fulcrum.Report.Content;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Durations have one form everywhere.</summary>
public sealed class DurationTests
{
    [Theory]
    [InlineData(0, "0.0 s")]
    [InlineData(-3, "0.0 s")]
    [InlineData(4.23, "4.2 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min")]
    [InlineData(312, "5 min 12 s")]
    [InlineData(3599.6, "1 h")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(86_399, "1 d")]
    [InlineData(93_600, "1 d 2 h")]
    public void A_duration_is_told_in_its_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, Durations.Text(seconds));

    [Fact]
    public void The_decimal_mark_is_the_language_s() => Assert.Equal("4,2 s", Words.Portuguese.Duration(4.2));
}
