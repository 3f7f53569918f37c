using System.Runtime.Versioning;
using Fulcrum.Torch.Interop;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>How the native library's threads wait for each other.</summary>
[SupportedOSPlatform("linux")]
public sealed class SpinningTests
{
    [Fact]
    public void Spinning_is_short_unless_the_user_set_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libgomp is what libtorch waits with on Linux alone");
        Libtorch.Ensure();

        string? wished = Environment.GetEnvironmentVariable("GOMP_SPINCOUNT"),
            policy = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY");

        Assert.Equal(wished ?? (policy is null ? "5000" : null), Spinning.Now);
    }
}
